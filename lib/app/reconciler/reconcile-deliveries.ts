/**
 * Has GitHub redeliver webhooks whose delivery failed. GitHub never does so automatically. It walks two lists: the
 * failures, of which there are few, and all deliveries, since webhooks that could not reach the platform, or not
 * within ten seconds, are not in the list of failures. What it finds waits in a note until it was redelivered, so that
 * both walks go on. A webhook that arrives twice changes nothing, so in doubt it is redelivered. Sources:
 * https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
 * https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
 */
import type { WebhookDelivery } from '../../core/github.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { type DeliveryMarks, noMarks, noteOf, readMarks, type WaitingWebhook } from './delivery-marks.ts';
import { logRepair } from './log-repair.ts';
import {
  notesKeptSeconds,
  redeliveries,
  redeliveriesWaiting,
  redeliveringSeconds,
  redeliveryMillisecondsApart,
} from './reconcile-settings.ts';
import { deliveredSince, demand, type Walked, walkDeliveries } from './walk-deliveries.ts';

export const deliveriesNote = 'reconcile/deliveries';

/** @returns what failed; one that cannot be redelivered delays no other */
export async function reconcileDeliveries(deps: ReconcileDeps): Promise<unknown[]> {
  const now = deps.clock.now();
  const note = (await deps.notes.read([deliveriesNote], now)).get(deliveriesNote);
  const known = readMarks(note?.value);
  if (!known) deps.telemetry.event('warn', 'note-unreadable', { note: deliveriesNote });
  const before = known ?? noMarks;
  const room = redeliveriesWaiting - before.waiting.length;
  const failures = await walkDeliveries(deps, 'failure', { walk: before.failures, room });
  const all = await walkDeliveries(deps, 'any', { walk: before.all, room });
  const { wanted, unsearched } = await undelivered(deps, before, [failures, all]);
  const asked = new Map(before.asked);
  const until = now + redeliveringSeconds * 1000;
  const { errors, waiting } = await redeliverAll(deps, wanted, { asked, until });
  // Not before: a run that dies is repeated whole, and what arrives twice changes nothing.
  await deps.notes.write(deliveriesNote, {
    value: noteOf({ failures: failures.walk, all: all.walk, waiting, asked }),
    expiresAt: now + notesKeptSeconds * 1000,
  });
  // What GitHub does not list in one list it mostly does not list in the others either: one failure is enough.
  const unlisted = failures.failure ?? all.failure ?? unsearched;
  return unlisted === undefined ? [...errors] : [unlisted, ...errors];
}

/**
 * What waited, and what was found, without what some attempt delivered; oldest first: jobs keep their places. In doubt it is
 * redelivered: what arrives twice changes nothing.
 */
async function undelivered(
  deps: ReconcileDeps,
  before: DeliveryMarks,
  walks: readonly Walked[],
): Promise<{ readonly wanted: WaitingWebhook[]; readonly unsearched: unknown }> {
  const known = new Set(before.waiting.map(({ guid }) => guid));
  const found = walks.flatMap(({ undelivered }) => undelivered).filter(({ guid }) => !known.has(guid));
  const byGuid = Map.groupBy(found, ({ guid }) => guid);
  const candidates = [...byGuid].flatMap(([guid, attempts]) => {
    const times = timesRedelivered(attempts, before.asked.get(guid));
    return times < redeliveries ? [{ guid, times, id: Math.max(...attempts.map(({ id }) => id)) }] : [];
  });
  const delivered = new Set(walks.flatMap((walk) => [...walk.delivered]));
  let unsearched: unknown;
  if (candidates.length > 0) {
    const since = Math.min(...found.map(({ deliveredAt }) => deliveredAt));
    const later = await deliveredSince(deps, since);
    for (const guid of later.guids) delivered.add(guid);
    unsearched = later.failure;
  }
  const wanted = [...before.waiting, ...candidates]
    .filter(({ guid }) => !delivered.has(guid))
    .toSorted((one, other) => one.id - other.id);
  return { wanted, unsearched };
}

/**
 * A failed redelivery of a forgotten webhook counts as its last one: otherwise, where more webhooks fail than are
 * remembered, they would be redelivered without end.
 */
function timesRedelivered(attempts: readonly WebhookDelivery[], remembered: number | undefined): number {
  const isOriginalFound = attempts.some(({ isRedelivery }) => !isRedelivery);
  return remembered ?? (isOriginalFound ? 0 : redeliveries);
}

/**
 * Where GitHub limits calls, the rest waits; what it refuses for another reason that may pass waits again, and counts.
 * @returns also what still waits
 */
async function redeliverAll(
  deps: ReconcileDeps,
  wanted: readonly WaitingWebhook[],
  { asked, until }: { readonly asked: Map<string, number>; readonly until: number },
): Promise<{ readonly errors: readonly unknown[]; readonly waiting: readonly WaitingWebhook[] }> {
  const errors: unknown[] = [];
  const again: WaitingWebhook[] = [];
  for (const [n, { id, guid, times }] of wanted.entries()) {
    if (deps.clock.now() >= until) return { errors, waiting: [...wanted.slice(n), ...again] };
    if (n > 0) await deps.clock.sleep(redeliveryMillisecondsApart);
    const answer = await orError(deps.github.redeliver(id).then(demand));
    if (isLimited(answer)) return { errors: [...errors, answer], waiting: [...wanted.slice(n), ...again] };
    const attempt = times + 1;
    // Inserted again, so that it is the newest, and is dropped last.
    asked.delete(guid);
    asked.set(guid, attempt);
    if (answer === 'accepted') {
      logRepair(deps, {
        kind: 'webhook-redelivered',
        reason: `Delivery ${guid} failed; asked GitHub to redeliver it (attempt ${attempt}).`,
      });
      continue;
    }
    errors.push(answer);
    if (mayPass(answer) && attempt < redeliveries) again.push({ id, guid, times: attempt });
  }
  return { errors, waiting: again };
}

const orError = (answer: Promise<'accepted'>): Promise<unknown> => answer.catch((error: unknown) => error);

const isLimited = (error: unknown) => error instanceof OperationalError && error.code === 'GitHub-limited';

/** GitHub refuses a delivery that it no longer has, or that cannot be redelivered, each time. */
const mayPass = (error: unknown) =>
  error instanceof OperationalError && !['GitHub-not-found', 'GitHub-invalid'].includes(error.code);
