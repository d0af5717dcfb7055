/** What a measurement hands back: figures, and in a few sentences how they came about. A figure without a goal is there for comparison. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `at most 14`, or null where there is no goal. */
  readonly goal: string | null;
  readonly met: boolean | null;
}

export interface Report {
  readonly results: readonly Result[];
  readonly notes: readonly string[];
}

/** Of an odd or even number of values; the machine is shared, so that a mean would tell of its other users. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('There is no median of no values; measure at least once.');
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
