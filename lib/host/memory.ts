/** What a supervisor knows and may forget: whoever starts without it only asks GitHub and the engine once more. */
export interface Memory {
  /** By the runner's name, epoch milliseconds. */
  readonly restUntil: Map<string, number>;
  /** Since when GitHub shows no registration of it. */
  readonly missingSince: Map<string, number>;
  /** They have been registered and have a container, or had: nothing of them can come later. */
  readonly launched: Set<string>;
  /** Ended because this process wanted it. */
  readonly told: Set<string>;
  /** GitHub will not let this host remove them. */
  readonly refused: Set<string>;
  /** Runners in a row that ended without a job. */
  failures: number;
  holdUntil: number;
  holdReason: string | undefined;
  listAt: number;
  hasWorked: boolean;
  trouble: string | undefined;
  reported: string | undefined;
  /** The configuration has changed: what stood in the way may not any more. */
  renew(): void;
}

export function createMemory(): Memory {
  const memory: Memory = {
    restUntil: new Map(),
    missingSince: new Map(),
    launched: new Set(),
    told: new Set(),
    refused: new Set(),
    failures: 0,
    holdUntil: 0,
    holdReason: undefined,
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

export const rest = (memory: Memory, name: string, until: number) => void memory.restUntil.set(name, until);

/** Nothing of this runner is left. */
export function forgetName(memory: Memory, name: string): void {
  for (const map of [memory.restUntil, memory.missingSince]) map.delete(name);
  for (const set of [memory.launched, memory.told, memory.refused]) set.delete(name);
}
