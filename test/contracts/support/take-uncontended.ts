/** Takes leases as scale-up does: a take that met another write to its rows is tried again after a moment. */
import { pause } from '../../../lib/adapters/dynamodb/retry.ts';
import type { TakeOutcome, Taking } from '../../../lib/ports/launches.ts';
import type { Stores } from './store-backends.ts';

/** Each of thirty takers may lose to all the others. */
const mostTries = 100;

/** @returns contended: it never came through */
export async function takeUncontended({ launches }: Stores, taking: Taking): Promise<TakeOutcome> {
  let outcome: TakeOutcome = { kind: 'contended' };
  for (let tries = 0; outcome.kind === 'contended' && tries < mostTries; tries += 1) {
    if (tries > 0) await pause(1);
    outcome = await launches.take(taking);
  }
  return outcome;
}
