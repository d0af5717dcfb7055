/** The result of the last comparison of the records with AWS's bill, and for how long it is valid. */
import { dayMilliseconds } from './days.ts';

export interface ComparisonState {
  /** Epoch milliseconds. */
  readonly comparedAt: number;
  /** `2026-11-20`: the last day that was compared. */
  readonly lastDay: string;
  /** How many days in a row, up to that one, differ by more than 3% each. */
  readonly daysApart: number;
}

/** A comparison is out of date after this: two days may pass without one. */
const validMilliseconds = 3 * dayMilliseconds;

export const isUpToDate = ({ comparedAt }: ComparisonState, now: number): boolean =>
  now < comparedAt + validMilliseconds;
