/**
 * How many copies of a function its queues may ask for at once. A share of the account's concurrency that is smaller would
 * throttle them, and each throttled hand-over uses up a receive of its messages.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
import type { FunctionName } from './functions.ts';

/**
 * Copies at once. A new account has ten for all functions together. Full batches of facts cost a fraction of single ones,
 * and two copies of lifecycle are fast enough for 60 a second. While three copies are busy, completions gather into batches.
 */
export const queueConcurrency = {
  lifecycle: { facts: 2, completions: 3 },
  'tenant-manager': 5,
  admission: 2,
} as const;

export function leastConcurrency(
  name: FunctionName,
  { tierCount, scaleUpConcurrency }: { readonly tierCount: number; readonly scaleUpConcurrency: number },
): number {
  if (name === 'scale-up') return tierCount * scaleUpConcurrency;
  if (name === 'lifecycle') return queueConcurrency.lifecycle.facts + queueConcurrency.lifecycle.completions;
  return name === 'tenant-manager' || name === 'admission' ? queueConcurrency[name] : 1;
}
