/** What a supervisor knows and may forget: whoever starts without it only asks GitHub and the engine once more. */
export interface Memory {
  /** By the runner's name, epoch milliseconds. */
  readonly restUntil: Map<string, number>;
  /** GitHub shows no registration of it: first and last seen so, epoch milliseconds. */
  readonly missing: Map<string, { readonly since: number; readonly last: number }>;
  /** They have been registered and have a container, or had, since then: nothing of them can come later. */
  readonly launched: Map<string, number>;
  /** A call of theirs failed then, and may have its effect later. */
  readonly unsure: Map<string, number>;
  /** Calls of the supervisor before this one were made by then. */
  readonly startedAt: number;
  /** Ended because this process wanted it. */
  readonly told: Set<string>;
  /** GitHub will not let this host remove them. */
  readonly refused: Set<string>;
  /** Runners in a row that ended without a job. */
  failures: number;
  holdUntil: number;
  holdReason: string | undefined;
  /** It is no short pause between tries. */
  isHeld: boolean;
  listAt: number;
  hasWorked: boolean;
  trouble: string | undefined;
  reported: string | undefined;
  /** The configuration has changed: what stood in the way may not any more. */
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

/** An answer of GitHub's had no registration of it. */
export function noteMissing({ missing }: Memory, name: string, now: number): void {
  missing.set(name, { since: missing.get(name)?.since ?? now, last: now });
}

/** GitHub has deleted the registration of a container: no later list is needed to believe it. */
export const noteDeleted = ({ launched }: Memory, name: string) => void launched.set(name, 0);

export const rest = (memory: Memory, name: string, until: number) => void memory.restUntil.set(name, until);

/** Nothing of this runner is left. */
export function forgetName(memory: Memory, name: string): void {
  for (const map of [memory.restUntil, memory.missing, memory.launched, memory.unsure]) map.delete(name);
  for (const set of [memory.told, memory.refused]) set.delete(name);
}
