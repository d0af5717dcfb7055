/** Deliberate faults in lib/adapters. */
import { type Mutant, mutant } from '../mutant.ts';

export const adaptersMutants: readonly Mutant[] = [
  mutant(
    'forgotten-id-fails-all',
    'That EC2 refuses a call for an id that it has forgotten is taken for a missing permission.',
    'lib/adapters/ec2/terminate.ts',
    "if (code === 'UnauthorizedOperation') {",
    "if (code === 'none') {",
  ),
  mutant(
    'spot-price-kept-for-an-hour',
    'A copy remembers spot prices for an hour, while they move.',
    'lib/adapters/ec2/spot-prices.ts',
    'const keptMilliseconds = 600_000;',
    'const keptMilliseconds = 3_600_000;',
  ),
  mutant(
    'unanswered-call-is-enough',
    'A fact that lifecycle did not answer for in time is not sent to its queue.',
    'lib/adapters/sqs/direct-invocation.ts',
    'if (isAlone && (await isHandled(message))) return;',
    'if (isAlone && ((await isHandled(message)) || true)) return;',
  ),
  mutant(
    'failed-fact-is-handled',
    'A fact that lifecycle says it could not follow counts as followed.',
    'lib/adapters/sqs/direct-invocation.ts',
    'Array.isArray(failed) && failed.length === 0',
    'Array.isArray(failed)',
  ),
];
