/**
 * Global indexes that lag behind the rows: each read lacks what was written to the index a moment before. "your applications
 * need to anticipate and handle situations where a query on a global secondary index returns results that are not up to
 * date": https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Writes
 */
import { questionKey } from '../auditor/admission/polled-ledger.ts';
import type { WorldDeps } from './context.ts';

/** How old reads are. */
export interface Late {
  readonly now: () => number;
  /** Of one read, in milliseconds. */
  readonly lag: () => number;
}

/** A row that was read by its key is up to date, so an index that lags can only lack it. */
export function lagIndexes(
  { world, tenants, launches, questions }: WorldDeps['ports']['stores'],
  late: Late,
): void {
  const { rows } = world;
  const ofTenants = createEntries(late, () => [...rows.tenants].map(([id, row]) => [id, row.accountId]));
  const ofLaunches = createEntries(late, () =>
    [...rows.launches].map(([id, { lookAt, state, callUntil }]) => [
      id,
      lookAt ?? (state === 'closed' ? undefined : callUntil),
    ]),
  );
  const ofQuestions = createEntries(late, () =>
    [...rows.questions].map(([key, { answer }]) => [key, answer === undefined]),
  );
  world.afterCall = (call) => {
    if (call.startsWith('tenants.')) ofTenants.update();
    if (call.startsWith('launches.')) ofLaunches.update();
    if (call.startsWith('questions.')) ofQuestions.update();
  };
  const findByAccount = tenants.findByAccount.bind(tenants);
  tenants.findByAccount = async (...of) =>
    ofTenants.shown(await findByAccount(...of), ({ installationId }) => installationId);
  for (const list of ['listOverdueAcrossTenants', 'listWatchedAcrossTenants'] as const) {
    const whole = launches[list].bind(launches);
    launches[list] = async (...of) => ofLaunches.shown(await whole(...of), ({ launchId }) => launchId);
  }
  const pageAcrossTenants = launches.pageAcrossTenants.bind(launches);
  launches.pageAcrossTenants = async (...of) => {
    const { launches, ...page } = await pageAcrossTenants(...of);
    return { ...page, launches: ofLaunches.shown(launches, ({ launchId }) => launchId) };
  };
  const pendingOf = questions.pendingOf.bind(questions);
  questions.pendingOf = async (...of) => ofQuestions.shown(await pendingOf(...of), questionKey);
}

/** @param read the place of each row in the index, by its key */
function createEntries({ now, lag }: Late, read: () => (readonly [key: unknown, place: unknown])[]) {
  const since = new Map<unknown, { readonly place: unknown; readonly at: number }>();
  return {
    update() {
      for (const [key, place] of read()) {
        if (since.get(key)?.place !== place) since.set(key, { place, at: now() });
      }
    },
    shown<Row>(found: readonly Row[], keyOf: (row: Row) => unknown): Row[] {
      const until = now() - lag();
      return found.filter((row) => (since.get(keyOf(row))?.at ?? 0) <= until);
    },
  };
}
