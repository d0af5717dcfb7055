/**
 * Visits the tenants in turn, as many as the time allows; the next run continues where this one stopped. Tenants that turn out
 * to be behind are caught up with afterwards. A failed visit delays no other tenant.
 */
import { chunksOf } from '../../core/chunks.ts';
import type { InstallationId, JobId } from '../../core/ids.ts';
import type { NoteValue } from '../../ports/notes.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { errorsOf } from '../common/errors-of.ts';
import { returnNote } from '../common/note-return.ts';
import { CallAllowance } from './call-allowance.ts';
import { catchUp, catchUpInTurn } from './catch-up.ts';
import { dropLostPlatformScopes } from './drop-lost-scopes.ts';
import { lookAfterTenant } from './look-after-tenant.ts';
import { readVisitMarks } from './read-visit-marks.ts';
import { type OpenRows, readOpenRows, reconcileCaps } from './reconcile-leases.ts';
import {
  callsPerVisit,
  notesKeptSeconds,
  tenantsPerPage,
  visitingSeconds,
  visitSeconds,
  visitsAtOnce,
} from './reconcile-settings.ts';
import { recordOutsideChange } from './record-outside-change.ts';
import type { Visit, VisitMarks } from './tenant-visit.ts';

export const tenantsNote = 'reconcile/tenants';
export const visitNote = (installationId: InstallationId) => `reconcile/tenants/${installationId}`;

/** @returns what failed */
export async function reconcileTenants(
  deps: ReconcileDeps,
  rows: Promise<OpenRows> = readOpenRows(deps),
): Promise<unknown[]> {
  const begun = deps.clock.now();
  const until = begun + visitingSeconds * 1000;
  const note = (await deps.notes.read([tenantsNote], begun)).get(tenantsNote);
  const { cursor: left, ...own } = note?.value ?? {};
  let cursor = typeof left === 'string' ? left : undefined;
  const marks = marksIn(deps, tenantsNote, own);
  const errors: unknown[] = [];
  const behind: InstallationId[] = [];
  const adopted = new Set<JobId>();
  const waitingRooms = new Map<InstallationId, number>();
  const open = await rows;
  errors.push(...(await reconcileCaps(deps, open).catch((error: unknown) => [error])));
  await dropLostPlatformScopes(deps, marks).catch((error: unknown) => void errors.push(error));
  // Once round at most; a run that began in the middle leaves the first ones to the next.
  do {
    const page = await deps.tenants.listAcrossTenants({
      limit: tenantsPerPage,
      ...(cursor ? { cursor } : {}),
    });
    const run = { open, behind, adopted, waitingRooms };
    const visited = await visitAll(deps, page.installationIds, { ...run, until });
    errors.push(...visited.errors);
    cursor = visited.last === undefined ? page.cursor : String(visited.last);
    const expiresAt = deps.clock.now() + notesKeptSeconds * 1000;
    await deps.notes.write(tenantsNote, {
      value: { ...marks, ...(cursor === undefined ? {} : { cursor }) },
      expiresAt,
    });
  } while (cursor !== undefined && deps.clock.now() < until);
  const caughtUp = await catchUpInTurn(deps, behind, (installationId, calls) =>
    visit(deps, { installationId, calls, adopted, waitingRooms }, async (visiting) => {
      if (visiting.tenant.status === 'active') await catchUp(deps, visiting);
    }),
  );
  return [...errors, ...caughtUp];
}

/** What the visits of one run share. */
type RunState = Pick<Visit, 'adopted' | 'waitingRooms'>;

interface Visited {
  /** The last tenant that was visited, if the time was over before the others' turn. */
  readonly last?: InstallationId;
  /** What failed. */
  readonly errors: readonly unknown[];
}

/** Fills `run.behind` with tenants that have unreported jobs. */
async function visitAll(
  deps: ReconcileDeps,
  ids: readonly InstallationId[],
  run: RunState & { readonly open: OpenRows; readonly behind: InstallationId[]; readonly until: number },
): Promise<Visited> {
  const { clock } = deps;
  const errors: unknown[] = [];
  let last: InstallationId | undefined;
  for (const together of chunksOf(ids, visitsAtOnce)) {
    // Some in each run, and the next one goes on after them.
    if (last !== undefined && clock.now() >= run.until) return { last, errors };
    const pace = { clock, until: clock.now() + visitSeconds * 1000, millisecondsApart: 0 };
    const results = await Promise.allSettled(
      together.map(async (installationId) => {
        // A record of changes that cannot be read or written keeps no tenant from its visit.
        const recorded = await Promise.allSettled([recordOutsideChange(deps, installationId)]);
        errors.push(...errorsOf(recorded));
        const calls = new CallAllowance(callsPerVisit, pace);
        const of = { installationId, calls, adopted: run.adopted, waitingRooms: run.waitingRooms };
        await visit(deps, of, async (visiting) => {
          try {
            await lookAfterTenant(deps, visiting, run.open);
          } finally {
            // Also after a visit that failed: the repository on which each visit fails may be the one that is behind.
            if (isBehind(visiting.marks)) run.behind.push(installationId);
          }
        });
      }),
    );
    errors.push(...errorsOf(results));
    last = together.at(-1);
  }
  return { errors };
}

const isBehind = ({ backlog, failedRepositories }: VisitMarks) =>
  backlog !== undefined || failedRepositories !== undefined;

/** Does nothing if there is no such tenant. */
async function visit(
  deps: ReconcileDeps,
  of: RunState & { readonly installationId: InstallationId; readonly calls: CallAllowance },
  work: (visiting: Visit) => Promise<void>,
): Promise<void> {
  const { installationId, calls, adopted, waitingRooms } = of;
  const tenant = await deps.tenants.get(installationId);
  if (!tenant) return;
  const now = deps.clock.now();
  const name = visitNote(installationId);
  const notes = await deps.notes.read([name, returnNote(installationId)], now);
  const marks = marksIn(deps, name, notes.get(name)?.value);
  noteReturn({ tenant, marks }, notes.get(returnNote(installationId))?.value['at']);
  try {
    await work({ tenant, calls, marks, adopted, waitingRooms, waitingRuns: new Set() });
  } finally {
    const expiresAt = now + notesKeptSeconds * 1000;
    await deps.notes.write(name, { value: { ...marks }, expiresAt });
  }
}

/** The log names marks that are lost because somebody else wrote them. */
function marksIn(deps: ReconcileDeps, note: string, value: NoteValue | undefined): VisitMarks {
  const { marks, lost } = readVisitMarks(value);
  if (lost.length > 0) deps.telemetry.event('warn', 'note-unreadable', { note, lost });
  return marks;
}

/** A tenant that is back from a suspension has jobs that GitHub did not report. */
function noteReturn({ tenant, marks }: Pick<Visit, 'tenant' | 'marks'>, at: unknown): void {
  const isAway = tenant.status === 'suspended' && tenant.suspendedBy === 'github';
  const isBack = tenant.status === 'active' && marks.away === true;
  const isToldBack = typeof at === 'number' && at !== marks.returnedAt;
  if (isBack || isToldBack) marks.backlog = {};
  if (isToldBack) marks.returnedAt = at;
  if (isAway) marks.away = true;
  else delete marks.away;
}
