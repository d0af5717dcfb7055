/** What a supervisor keeps in memory only. After a restart, it is learned again from GitHub and the engine. */
export interface Memory {
  /** When a runner may next be acted on, by its name, epoch milliseconds. */
  readonly restUntil: Map<string, number>;
  /** Runners of which GitHub shows no registration: the first and the last such answer, epoch milliseconds. */
  readonly missing: Map<string, { readonly since: number; readonly last: number }>;
  /** Runners that were registered and had a container by this time: nothing of them can appear later. */
  readonly launched: Map<string, number>;
  /** Runners for which a call failed at this time, and may still take effect. */
  readonly unsure: Map<string, number>;
  /** Epoch milliseconds. All calls of earlier supervisors were made before. */
  readonly startedAt: number;
  /** Runners that this process has asked to end. */
  readonly stopped: Set<string>;
  /** Runners whose registrations GitHub refuses to remove. */
  readonly refused: Set<string>;
  /** How many runners in a row ended without a job. */
  failures: number;
  holdUntil: number;
  holdReason: string | undefined;
  /** Whether the hold is more than a short pause between retries. */
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
    stopped: new Set(),
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
  for (const set of [memory.stopped, memory.refused]) set.delete(name);
}
