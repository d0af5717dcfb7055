/**
 * A measurement's result: figures, and a few sentences about how they were obtained. A figure without a goal is there
 * for comparison.
 */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `at most 14`, or null if there is no goal. */
  readonly goal: string | null;
  readonly met: boolean | null;
}

export interface Report {
  readonly results: readonly Result[];
  readonly notes: readonly string[];
}

/** Of any number of values. Not the mean: the machine is shared, and other load would distort it. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('There is no median of no values; measure at least once.');
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
