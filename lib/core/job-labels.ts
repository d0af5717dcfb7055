/**
 * Which of a job's labels are stored. A tier's jobs have only the tier's own labels, so they are few. Other
 * jobs are refused, and their labels only shown: whatever a workflow requests, its row and its messages
 * stay small.
 */
import { boundedText } from './bounded-text.ts';

/** A genuine job has a handful. */
const mostShown = 20;
const longestShown = 100;

/** @param hasTier whether some tier has all of them */
export function keptLabels(labels: readonly string[], hasTier: boolean): string[] {
  if (hasTier)
    return [
      ...new Map([...labels].reverse().map((label) => [label.toLowerCase(), label])).values(),
    ].reverse();
  const shown = labels.slice(0, mostShown).map((label) => boundedText(label, longestShown));
  const left = labels.length - shown.length;
  return left > 0 ? [...shown, `and ${left} more`] : shown;
}
