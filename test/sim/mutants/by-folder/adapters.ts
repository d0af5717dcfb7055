/** Deliberate faults in lib/adapters. */
import { type Mutant, mutant } from '../mutant.ts';

export const adaptersMutants: readonly Mutant[] = [
  mutant(
    'forgotten-id-fails-all',
    "EC2's refusal of a call for an id it no longer knows is treated as a missing permission.",
    'lib/adapters/ec2/terminate.ts',
    "if (code === 'UnauthorizedOperation') {",
    "if (code === 'none') {",
  ),
  mutant(
    'spot-price-cached-for-an-hour',
    'A function copy caches spot prices for an hour, although they change.',
    'lib/adapters/ec2/spot-prices.ts',
    'const keptMilliseconds = 600_000;',
    'const keptMilliseconds = 3_600_000;',
  ),
  mutant(
    'unanswered-call-is-enough',
    'A fact is not sent to the queue although lifecycle did not answer in time.',
    'lib/adapters/sqs/direct-invocation.ts',
    'if (isAlone && (await isHandled(message))) return;',
    'if (isAlone && ((await isHandled(message)) || true)) return;',
  ),
  mutant(
    'failed-fact-counts-as-handled',
    'A fact that lifecycle reports as not processed counts as processed.',
    'lib/adapters/sqs/direct-invocation.ts',
    'Array.isArray(failed) && failed.length === 0',
    'Array.isArray(failed)',
  ),
];
