/**
 * Has GitHub redeliver webhooks whose delivery failed. GitHub never does so automatically. It walks two lists: the
 * failures, of which there are few, and all deliveries, since webhooks that could not reach the platform, or not
 * within ten seconds, are not in the list of failures. It remembers how often each webhook was redelivered. A webhook
 * that arrives twice changes nothing, so in doubt it is redelivered. Sources:
 * https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
 * https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
 */
import type { WebhookDelivery } from '../../core/github.ts';
import type { NoteValue } from '../../ports/notes.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { logRepair } from './log-repair.ts';
import {
  notesKeptSeconds,
  redeliveries,
  redeliveriesRemembered,
  redeliveringSeconds,
  redeliveryMillisecondsApart,
} from './reconcile-settings.ts';
import { deliveredSince, demand, type Walk, walkDeliveries } from './walk-deliveries.ts';

export const deliveriesNote = 'reconcile/deliveries';

interface Marks {
  readonly failures: Walk;
  readonly all: Walk;
  /** How often each was redelivered, by guid, newest last. */
  readonly asked: ReadonlyMap<string, number>;
}

/** @returns what failed; one that cannot be redelivered delays no other */
export async function reconcileDeliveries(deps: ReconcileDeps): Promise<unknown[]> {
  const now = deps.clock.now();
  const note = (await deps.notes.read([deliveriesNote], now)).get(deliveriesNote);
  const before = readMarks(note?.value);
  const failures = await walkDeliveries(deps, 'failure', before.failures);
  const all = await walkDeliveries(deps, 'any', before.all);
  const wanted = await undelivered(deps, before, [failures, all]);
  const asked = new Map(before.asked);
  const until = now + redeliveringSeconds * 1000;
  const { errors, isCut } = await redeliverAll(deps, wanted, { asked, until });
  // For the rest the next run walks the same way again; what was delivered meanwhile is in GitHub's lists.
  const walks = isCut ? before : { failures: failures.walk, all: all.walk };
  await deps.notes.write(deliveriesNote, {
    value: noteOf({ ...walks, asked }),
    expiresAt: now + notesKeptSeconds * 1000,
  });
  return [...errors];
}

/** The newest attempt of each webhook that no attempt delivered, oldest first: jobs keep their places. */
async function undelivered(
  deps: ReconcileDeps,
  { asked }: Marks,
  walks: readonly Awaited<ReturnType<typeof walkDeliveries>>[],
): Promise<WebhookDelivery[]> {
  const found = walks.flatMap(({ undelivered }) => undelivered).toSorted((one, other) => one.id - other.id);
  const candidates = [...new Map(found.map((delivery) => [delivery.guid, delivery])).values()].filter(
    ({ guid }) => (asked.get(guid) ?? 0) < redeliveries,
  );
  if (candidates.length === 0) return [];
  const since = Math.min(...candidates.map(({ deliveredAt }) => deliveredAt));
  const delivered = await deliveredSince(deps, since);
  return candidates.filter(
    ({ guid }) => !delivered.has(guid) && !walks.some((walk) => walk.delivered.has(guid)),
  );
}

async function redeliverAll(
  deps: ReconcileDeps,
  wanted: readonly WebhookDelivery[],
  { asked, until }: { readonly asked: Map<string, number>; readonly until: number },
): Promise<{ readonly errors: readonly unknown[]; readonly isCut: boolean }> {
  const errors: unknown[] = [];
  const redeliver = async ({ id, guid }: WebhookDelivery) => {
    const times = (asked.get(guid) ?? 0) + 1;
    // Inserted again, so that it is the newest, and is dropped last.
    asked.delete(guid);
    asked.set(guid, times);
    demand(await deps.github.redeliver(id));
    logRepair(deps, {
      kind: 'webhook-redelivered',
      reason: `Delivery ${guid} failed; asked GitHub to redeliver it (attempt ${times}).`,
    });
  };
  for (const [n, delivery] of wanted.entries()) {
    if (deps.clock.now() >= until) return { errors, isCut: true };
    if (n > 0) await deps.clock.sleep(redeliveryMillisecondsApart);
    try {
      await redeliver(delivery);
    } catch (error) {
      errors.push(error);
    }
  }
  return { errors, isCut: false };
}

interface StoredWalk {
  readonly floor?: number;
  readonly top?: number;
  readonly cursor?: string;
}

function readMarks(value: NoteValue | undefined): Marks {
  const { failures, all, asked } = (value ?? {}) as {
    failures?: StoredWalk;
    all?: StoredWalk;
    asked?: [string, number][];
  };
  return { failures: walkOf(failures), all: walkOf(all), asked: new Map(asked) };
}

const walkOf = ({ floor = 0, top = 0, cursor }: StoredWalk = {}): Walk => ({ floor, top, cursor });

const noteOf = ({ failures, all, asked }: Marks): NoteValue => ({
  failures: storedWalk(failures),
  all: storedWalk(all),
  asked: [...asked].slice(-redeliveriesRemembered),
});

const storedWalk = ({ floor, top, cursor }: Walk): StoredWalk => ({
  floor,
  top,
  ...(cursor === undefined ? {} : { cursor }),
});
