/**
 * Walks a list of webhook deliveries from the newest down to where the last complete walk began, a few pages in each run.
 * Each failure is taken from one list: those with an answer from the list of failures, the others from the list of all.
 * Deliveries from shortly before that are looked at again: an attempt that times out is listed later than it began. Where GitHub
 * refuses the place in the list, the newest page comes instead: the walk begins again, once in a run.
 */
import { type WebhookDelivery, wasAnsweredWithFailure, wasDelivered } from '../../core/github.ts';
import { isAppMissing } from '../../ports/app-credentials.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer, Page } from '../../ports/github.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import {
  deliveryListedSeconds,
  deliverySettledSeconds,
  stuckSeconds,
  successPages,
  successSeconds,
  walkedPages,
  walkingSeconds,
} from './reconcile-settings.ts';

export interface Walk {
  /** An earlier walk has looked at older ones. */
  readonly floor: number;
  /** The newest that this walk met, or could have met: the next one's floor. */
  readonly top: number;
  /** Where this walk continues; undefined: the next run begins a new one. */
  readonly cursor: string | undefined;
  /** Epoch milliseconds: since then GitHub has failed to list the next page. */
  readonly failingSince?: number | undefined;
}

export type DeliveryList = 'failure' | 'any';

export interface Walked {
  readonly walk: Walk;
  /** Newest first. */
  readonly undelivered: readonly WebhookDelivery[];
  /** By guid. */
  readonly delivered: ReadonlySet<string>;
  /** What ended it early: the next run continues there. */
  readonly failure?: unknown;
}

/** @param room reads no further page once it found so many */
export async function walkDeliveries(
  deps: ReconcileDeps,
  list: DeliveryList,
  { walk, room }: { readonly walk: Walk; readonly room: number },
): Promise<Walked> {
  const now = deps.clock.now();
  const until = now + walkingSeconds * 1000;
  const undelivered: WebhookDelivery[] = [];
  const delivered = new Set<string>();
  let { cursor, top, failingSince } = walk;
  if (failingSince !== undefined && now - failingSince > stuckSeconds * 1000) cursor = undefined;
  if (cursor === undefined) top = Math.max(top, now - deliveryListedSeconds * 1000);
  const isOver = () => undelivered.length >= room || deps.clock.now() >= until;
  let restarts = 0;
  for (let page = 1; page <= walkedPages[list] && !isOver(); page++) {
    let found = await readPage(deps, list, cursor);
    if ('failure' in found && found.isRefused && cursor !== undefined && restarts++ === 0)
      found = await readPage(deps, list, undefined);
    if ('failure' in found) {
      const failing = { floor: walk.floor, top, cursor, failingSince: failingSince ?? now };
      return { undelivered, delivered, walk: failing, failure: found.failure };
    }
    failingSince = undefined;
    const lowest = walk.floor - deliverySettledSeconds * 1000;
    const fresh = found.items.filter(({ deliveredAt }) => deliveredAt >= lowest);
    for (const delivery of fresh) {
      if (wasDelivered(delivery)) delivered.add(delivery.guid);
      else if (list === 'failure' || !wasAnsweredWithFailure(delivery)) undelivered.push(delivery);
    }
    top = Math.max(top, found.items[0]?.deliveredAt ?? 0);
    cursor = fresh.length < found.items.length ? undefined : found.cursor;
    if (cursor === undefined) return { undelivered, delivered, walk: { floor: top, top, cursor } };
  }
  return { undelivered, delivered, walk: { floor: walk.floor, top, cursor } };
}

/** The webhooks that some attempt since then delivered, as far as they were found in time. */
export async function deliveredSince(
  deps: ReconcileDeps,
  since: number,
): Promise<{ readonly guids: ReadonlySet<string>; readonly failure?: unknown }> {
  const until = deps.clock.now() + successSeconds * 1000;
  const guids = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; page <= successPages && deps.clock.now() < until; page++) {
    const found = await readPage(deps, 'success', cursor);
    if ('failure' in found) return { guids, failure: found.failure };
    for (const delivery of found.items) if (wasDelivered(delivery)) guids.add(delivery.guid);
    cursor = found.cursor;
    if (cursor === undefined || (found.items.at(-1)?.deliveredAt ?? 0) < since) break;
  }
  return { guids };
}

interface Unlisted {
  readonly failure: unknown;
  /** GitHub may no longer know the cursor. It documents 400 and 422 for this list. */
  readonly isRefused: boolean;
}

/** A page that GitHub does not list stops neither the other lists nor the redeliveries. */
async function readPage(
  deps: ReconcileDeps,
  list: DeliveryList | 'success',
  cursor: string | undefined,
): Promise<Page<WebhookDelivery> | Unlisted> {
  try {
    return demand(await deps.github.listDeliveries(list, cursor));
  } catch (failure) {
    // Without an App there is nothing to do in this run.
    if (isAppMissing(failure)) throw failure;
    return { failure, isRefused: failure instanceof OperationalError && !failure.retryable };
  }
}

/** @throws OperationalError: as the App itself, GitHub has no reason to refuse */
export function demand<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  throw new OperationalError(`GitHub does not let the App redeliver: ${JSON.stringify(answer.refusal)}`, {
    code: `GitHub-${answer.refusal.kind}`,
    retryable: answer.refusal.kind === 'limited',
  });
}
