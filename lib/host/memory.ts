/** What a supervisor remembers but may lose: without it, a new one only asks GitHub and the engine once more. */
export interface Memory {
  /** By the runner's name, epoch milliseconds. */
  readonly restUntil: Map<string, number>;
  /** GitHub shows no registration of it: the first and the last such answer, epoch milliseconds. */
  readonly missing: Map<string, { readonly since: number; readonly last: number }>;
  /** They have been registered and have or had a container since then: nothing of them can appear later. */
  readonly launched: Map<string, number>;
  /** One of its calls failed at this time, and may still take effect. */
  readonly unsure: Map<string, number>;
  /** Calls of earlier supervisors were made before this time. */
  readonly startedAt: number;
  /** This process asked it to end. */
  readonly told: Set<string>;
  /** GitHub refuses to let this host remove them. */
  readonly refused: Set<string>;
  /** How many runners in a row ended without a job. */
  failures: number;
  holdUntil: number;
  holdReason: string | undefined;
  /** Not just a short pause between retries. */
  isHeld: boolean;
  listAt: number;
  /** How many runners GitHub showed when all of its lists could be read. */
  listed: number;
  hasWorked: boolean;
  trouble: string | undefined;
  reported: string | undefined;
  /** The configuration has changed, so the obstacle may be gone. */
  renew(): void;
}

export function createMemory(now: number): Memory {
  const memory: Memory = {
    restUntil: new Map(),
    missing: new Map(),
    launched: new Map(),
    unsure: new Map(),
    startedAt: now,
    told: new Set(),
    refused: new Set(),
    failures: 0,
    holdUntil: 0,
    holdReason: undefined,
    isHeld: false,
    listAt: 0,
    listed: 0,
    hasWorked: false,
    trouble: undefined,
    reported: undefined,
    renew() {
      Object.assign(memory, { failures: 0, holdUntil: 0, listAt: 0, hasWorked: false });
      memory.holdReason = undefined;
      memory.refused.clear();
    },
  };
  return memory;
}

/** GitHub's answer did not contain its registration. */
export function noteMissing({ missing }: Memory, name: string, now: number): void {
  missing.set(name, { since: missing.get(name)?.since ?? now, last: now });
}

/** GitHub has deleted a container's registration itself, so no later list is needed as proof. */
export const noteDeleted = ({ launched }: Memory, name: string) => void launched.set(name, 0);

export const rest = (memory: Memory, name: string, until: number) => void memory.restUntil.set(name, until);

/** Nothing of this runner is left. */
export function forgetName(memory: Memory, name: string): void {
  for (const map of [memory.restUntil, memory.missing, memory.launched, memory.unsure]) map.delete(name);
  for (const set of [memory.told, memory.refused]) set.delete(name);
}
