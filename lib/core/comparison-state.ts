/** How the last comparison of the records with AWS's bill ended, and for how long that says anything. */
import { dayMilliseconds } from './days.ts';

export interface ComparisonState {
  /** Epoch milliseconds. */
  readonly comparedAt: number;
  /** `2026-11-20`: the last day that was compared. */
  readonly lastDay: string;
  /** So many days up to that one differ by more than 3% each. */
  readonly daysApart: number;
}

/** A comparison is out of date after this: two days may pass without one. */
const newsMilliseconds = 3 * dayMilliseconds;

export const isNews = ({ comparedAt }: ComparisonState, now: number): boolean =>
  now < comparedAt + newsMilliseconds;
