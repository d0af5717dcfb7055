/**
 * How many copies of a function its queues may start at once. If the function's reserved concurrency were smaller, Lambda
 * would throttle the queues, and each throttled delivery counts as a receive of its messages.
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
  if (name === 'lifecycle') {
    const { facts, completions } = queueConcurrency.lifecycle;
    // One more for facts with which the webhook invokes it directly (direct-invocation.ts).
    return facts + completions + 1;
  }
  return name === 'tenant-manager' || name === 'admission' ? queueConcurrency[name] : 1;
}
