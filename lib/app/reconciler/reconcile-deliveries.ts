/**
 * Has GitHub deliver again what no attempt delivered. GitHub never does so by itself. It walks the failures from the newest
 * down to where the last whole walk began, some pages a run, and remembers how often each webhook was asked for again.
 * A webhook that arrives twice changes nothing, so where in doubt it is asked for.
 * Source: https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
 */
import type { WebhookDelivery } from '../../core/github.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer } from '../../ports/github.ts';
import type { NoteValue } from '../../ports/notes.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { logRepair } from './log-repair.ts';
import {
  failurePages,
  notesKeptSeconds,
  redeliveries,
  redeliveriesRemembered,
  redeliveryMillisecondsApart,
  successPages,
} from './reconcile-settings.ts';

export const deliveriesNote = 'reconcile/deliveries';

interface Walk {
  /** Failures older than this were looked at by an earlier walk. */
  readonly floor: number;
  /** The newest failure that this walk met: the next one's floor. */
  readonly top: number;
  /** Where this walk goes on; undefined: the next run begins a new one. */
  readonly cursor: string | undefined;
  /** How often each was asked for again, by guid, newest last. */
  readonly asked: ReadonlyMap<string, number>;
}

/** @returns what failed; one that cannot be redelivered holds up no other */
export async function reconcileDeliveries(deps: ReconcileDeps): Promise<unknown[]> {
  const now = deps.clock.now();
  const note = (await deps.notes.read([deliveriesNote], now)).get(deliveriesNote);
  const before = readWalk(note?.value);
  const { failures, ...after } = await collectFailures(deps, before);
  const delivered =
    failures.length === 0 ? new Set() : await deliveredSince(deps, failures.at(-1)!.deliveredAt);
  const wanted = [
    ...new Map(failures.toReversed().map((failure) => [failure.guid, failure])).values(),
  ].filter(({ guid }) => !delivered.has(guid) && (before.asked.get(guid) ?? 0) < redeliveries);
  const asked = new Map(before.asked);
  const errors = await redeliverAll(deps, wanted, asked);
  await deps.notes.write(deliveriesNote, {
    value: noteOf({ ...after, asked }),
    expiresAt: now + notesKeptSeconds * 1000,
  });
  return errors;
}

/** Newest first. */
async function collectFailures(deps: ReconcileDeps, walk: Walk) {
  const failures: WebhookDelivery[] = [];
  let { cursor, top } = walk;
  for (let page = 1; page <= failurePages; page++) {
    const found = demand(await deps.github.listDeliveries('failure', cursor));
    // Whatever GitHub makes of the filter, only what failed is asked for again.
    const failed = found.items.filter(({ succeeded }) => !succeeded);
    const fresh = failed.filter(({ deliveredAt }) => deliveredAt >= walk.floor);
    failures.push(...fresh);
    top = Math.max(top, failed[0]?.deliveredAt ?? 0);
    cursor = fresh.length < failed.length ? undefined : found.cursor;
    if (cursor === undefined) return { failures, floor: top, top, cursor };
  }
  return { failures, floor: walk.floor, top, cursor };
}

/** The webhooks that some attempt since then delivered. */
async function deliveredSince(deps: ReconcileDeps, since: number): Promise<ReadonlySet<string>> {
  const guids = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; page <= successPages; page++) {
    const found = demand(await deps.github.listDeliveries('success', cursor));
    for (const { guid, succeeded } of found.items) if (succeeded) guids.add(guid);
    cursor = found.cursor;
    if (cursor === undefined || (found.items.at(-1)?.deliveredAt ?? 0) < since) break;
  }
  return guids;
}

async function redeliverAll(
  deps: ReconcileDeps,
  wanted: readonly WebhookDelivery[],
  asked: Map<string, number>,
): Promise<unknown[]> {
  const errors: unknown[] = [];
  const redeliver = async ({ id, guid }: WebhookDelivery) => {
    const times = (asked.get(guid) ?? 0) + 1;
    // Put in again, so that it is the newest, and is forgotten last.
    asked.delete(guid);
    asked.set(guid, times);
    demand(await deps.github.redeliver(id));
    logRepair(deps, {
      kind: 'webhook-redelivered',
      reason: `Delivery ${guid} had failed; asked for the ${times}. time.`,
    });
  };
  // Oldest first: jobs keep their places.
  for (const [n, delivery] of wanted.entries()) {
    if (n > 0) await deps.clock.sleep(redeliveryMillisecondsApart);
    try {
      await redeliver(delivery);
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}

/** @throws OperationalError: as the App itself, GitHub has no reason to refuse */
function demand<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  throw new OperationalError(`GitHub does not let the App redeliver: ${JSON.stringify(answer.refusal)}`, {
    code: `GitHub-${answer.refusal.kind}`,
    retryable: true,
  });
}

function readWalk(value: NoteValue | undefined): Walk {
  const { floor, top, cursor, asked } = (value ?? {}) as {
    floor?: number;
    top?: number;
    cursor?: string;
    asked?: [string, number][];
  };
  return { floor: floor ?? 0, top: top ?? 0, cursor, asked: new Map(asked) };
}

const noteOf = ({ floor, top, cursor, asked }: Walk): NoteValue => ({
  floor,
  top,
  ...(cursor === undefined ? {} : { cursor }),
  asked: [...asked].slice(-redeliveriesRemembered),
});
