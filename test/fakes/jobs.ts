/** The jobs in memory: see the port for what each method promises, and world.ts for how to make one fail. */
import type { InstallationId, JobId } from '../../lib/core/ids.ts';
import { isOverOnGitHub, type Job } from '../../lib/core/job.ts';
import type { Again } from '../../lib/core/job-rest.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { DecidedJob, JobEnd, JobStore } from '../../lib/ports/jobs.ts';
import type { UnreadableRow } from '../../lib/ports/unreadable-row.ts';
import { copyOf } from './copy.ts';
import { readable } from './unreadable.ts';
import { jobKey, type Rows, type StoreCall, type StoreWorld } from './world.ts';

export const readableJobs = (world: StoreWorld, jobs: readonly Job[], skipped?: UnreadableRow[]) =>
  readable(world, jobs, {
    table: 'jobs',
    keyOf: ({ installationId, jobId }) => jobKey(installationId, jobId),
    skipped,
  });

export function createMemoryJobStore(world: StoreWorld): JobStore {
  /** Changes the job if it is as it must be; says whether it was, and what it was. */
  const change = (
    call: StoreCall,
    key: { installationId: InstallationId; jobId: JobId },
    how: (job: Job) => Job | undefined,
  ) =>
    world.call(call, ({ jobs }) => {
      const before = jobs.get(jobKey(key.installationId, key.jobId));
      const after = before && how(before);
      if (after) jobs.set(jobKey(key.installationId, key.jobId), copyOf(after));
      return { met: after !== undefined, before };
    });

  const sound = (jobs: readonly Job[], skipped: UnreadableRow[] = []) => readableJobs(world, jobs, skipped);

  return {
    async insert(jobs) {
      const outcomes = await world.call('jobs.insert', (rows) =>
        jobs.map((job) => {
          const key = jobKey(job.installationId, job.jobId);
          if (rows.jobs.has(key)) return 'exists';
          if (!fitsRow(job)) return 'unfit';
          rows.jobs.set(key, copyOf(job));
          return 'inserted';
        }),
      );
      return outcomes.map((outcome) => (outcome === 'unfit' ? unfitRow() : outcome));
    },
    find: (installationId, jobIds, skipped) =>
      world.call('jobs.find', ({ jobs }) => {
        const found = [...new Set(jobIds)].flatMap((jobId) => jobs.get(jobKey(installationId, jobId)) ?? []);
        return readableJobs(world, found, skipped);
      }),
    get: (installationId, jobId) =>
      world.call('jobs.get', ({ jobs }) => {
        const job = jobs.get(jobKey(installationId, jobId));
        return job && readableJobs(world, [job])[0];
      }),
    listNewest: (installationId, limit, skipped) =>
      world.call('jobs.listNewest', ({ jobs }) => {
        const all = [...jobs.values()].filter((job) => job.installationId === installationId);
        return sound(all.sort((a, b) => b.jobId - a.jobId).slice(0, limit), skipped);
      }),
    findAcrossTenants: (jobId, installationIds) =>
      world.call('jobs.findAcrossTenants', ({ jobs }) =>
        installationIds.map((id) => jobs.get(jobKey(id, jobId))).find((job) => job !== undefined),
      ),
    listWaiting: (installationId, tier, limit, skipped) =>
      world.call('jobs.listWaiting', (rows) =>
        sound(waitingJobs(rows, installationId, tier), skipped).slice(0, limit),
      ),
    async pageOfWaiting(installationId, tier, { limit, cursor }) {
      const found = await world.call('jobs.pageOfWaiting', (rows) =>
        pageOf(waitingJobs(rows, installationId, tier), limit, cursor),
      );
      return { ...found, jobs: sound(found.jobs) };
    },
    glanceAtWaiting: (installationId, tier, limit) =>
      world.call('jobs.glanceAtWaiting', (rows) =>
        sound(waitingJobs(world.past ?? rows, installationId, tier)).slice(0, limit),
      ),
    listWaitingBeyond: (installationId, count, limit) =>
      world.call('jobs.listWaitingBeyond', (rows) => {
        const all = waitingJobs(rows, installationId);
        const jobs = sound(all);
        const first = Math.max(0, count - (all.length - jobs.length));
        return jobs.sort((a, b) => a.queuedAt - b.queuedAt || a.jobId - b.jobId).slice(first, first + limit);
      }),
    tiersWithWaiting: (installationId) =>
      world.call('jobs.tiersWithWaiting', (rows) => [
        ...new Set(waitingJobs(rows, installationId).flatMap((job) => job.tier ?? [])),
      ]),
    async scanPendingAcrossTenants({ limit, cursor }) {
      const skipped: UnreadableRow[] = [];
      const found = await world.call('jobs.scanPendingAcrossTenants', ({ jobs }) => {
        const isPending = (job: Job) => job.state === 'waiting' || job.unsettledAt !== undefined;
        const pending = inIndexOrder([...jobs.values()].filter(isPending));
        const { jobs: listed, ...next } = pageOf(pending, limit, cursor);
        return { ...next, jobs: readableJobs(world, listed, skipped) };
      });
      return skipped.length === 0 ? found : { ...found, unreadable: skipped.map(({ error }) => error) };
    },
    async block(installationId, jobId, at) {
      const blocks = (job: Job): Job | undefined =>
        job.state === 'waiting' || job.state === 'covered'
          ? { ...planless(job), state: 'blocked', unsettledAt: at }
          : undefined;
      return (await change('jobs.block', { installationId, jobId }, blocks)).met;
    },
    async reopen(installationId, jobId, { reason, heardAt = Number.POSITIVE_INFINITY, approvedAt }) {
      const waits = (job: Job) => {
        const isEndedHere = job.state === 'done' && job.reason !== undefined && job.outcome !== 'expired';
        const isLetGo = job.state === 'blocked' && (job.unsettledAt ?? 0) < heardAt;
        if (!(isLetGo || isEndedHere) || !job.tier) return undefined;
        return { ...wait(job, { reason }), ...(approvedAt === undefined ? {} : { approvedAt }) };
      };
      const { met, before } = await change('jobs.reopen', { installationId, jobId }, waits);
      return met ? before : undefined;
    },
    async moveTier(job, to) {
      const isAsRead = ({ state, tier, retryAt }: Job) =>
        state === 'waiting' && tier === job.tier && retryAt === job.retryAt;
      const moved = (known: Job) => {
        const { admission: _admission, ...kept } = known;
        return isAsRead(known) ? { ...kept, tier: to } : undefined;
      };
      return (await change('jobs.moveTier', job, moved)).met;
    },
    async rename(installationId, jobId, repository) {
      const renamed = (job: Job) => ({ ...job, repository });
      return (await change('jobs.rename', { installationId, jobId }, renamed)).before;
    },
    setWaitReasons: (installationId, waits) =>
      world.call('jobs.setWaitReasons', ({ jobs }) => {
        for (const { jobId, reason } of waits) {
          const job = jobs.get(jobKey(installationId, jobId));
          if (job?.state === 'waiting') {
            jobs.set(jobKey(installationId, jobId), { ...job, reason: copyOf(reason) });
          }
        }
      }),
    setAdmissions: (installationId, admissions) =>
      world.call('jobs.setAdmissions', ({ jobs }) =>
        admissions
          .filter(({ jobId, admission, insteadOf, tier }) => {
            const key = jobKey(installationId, jobId);
            const job = jobs.get(key);
            if (!job || job.state === 'done' || (tier && job.tier !== tier)) return false;
            const known = job.admission;
            if (!isSame(known, admission)) {
              const isOpen = known?.state === 'asked' || known?.state === 'unavailable';
              if (known && known.policy === admission.policy && !isOpen) return false;
              if (!isSame(known, insteadOf)) return false;
            }
            jobs.set(key, { ...job, admission: copyOf(admission) });
            return true;
          })
          .map(({ jobId }) => jobId),
      ),
    async waitAgain(installationId, jobId, lease, reason, rest) {
      const waits = (job: Job) =>
        job.state === 'covered' && job.lease === lease
          ? { ...wait(job, { reason, ...(rest ? { rest } : {}) }), formerLease: lease }
          : undefined;
      return (await change('jobs.waitAgain', { installationId, jobId }, waits)).met;
    },
    async rest(installationId, jobId, reason, rest) {
      await change('jobs.rest', { installationId, jobId }, (job) =>
        job.state === 'waiting' && (rest?.retryAt === undefined || rest.tier === job.tier)
          ? wait(job, { reason, ...(rest ? { rest } : {}) })
          : undefined,
      );
    },
    async doubt(installationId, jobId, doubt) {
      await change('jobs.doubt', { installationId, jobId }, (job) => {
        if (job.state === 'done' || (doubt && job.goneAt !== doubt.known)) return undefined;
        return { ...undoubted(job), ...(doubt ? { goneAt: doubt.since, goneSaidAt: doubt.saidAt } : {}) };
      });
    },
    async requeue(installationId, jobId, runner, reason, rest) {
      const waits = (job: Job) =>
        job.state === 'running' && job.runner === runner && job.tier
          ? wait(job, { reason, ...(rest ? { rest } : {}) })
          : undefined;
      return (await change('jobs.requeue', { installationId, jobId }, waits)).met;
    },
    async noteStartRefusal(installationId, jobId, why) {
      const { met } = await change('jobs.noteStartRefusal', { installationId, jobId }, (job) =>
        job.startRefusal === undefined ? { ...job, startRefusal: why } : undefined,
      );
      return met;
    },
    async markUnsettled(installationId, jobId, runner, at) {
      const { met } = await change('jobs.markUnsettled', { installationId, jobId }, (job) =>
        job.state === 'running' && job.runner === runner ? { ...job, unsettledAt: at } : undefined,
      );
      return met;
    },
    async start(installationId, jobId, { runner, at, unsettled }) {
      const { before } = await change('jobs.start', { installationId, jobId }, (job) => {
        if (isOverOnGitHub(job) || (job.state === 'done' && !job.tier)) return undefined;
        // A repeated event must not take the job out of what is unsettled.
        if (job.state === 'running' && (runner === undefined || job.runner === runner)) return undefined;
        return {
          ...undoubted(planless(job)),
          ...(job.lease === undefined ? {} : { lease: job.lease }),
          state: 'running',
          startedAt: at,
          ...(runner === undefined ? {} : { runner }),
          ...(runner === undefined || unsettled ? { unsettledAt: at } : {}),
        };
      });
      return before;
    },
    async finish(installationId, jobId, end) {
      const { before } = await change('jobs.finish', { installationId, jobId }, (job) =>
        isOverOnGitHub(job) || (job.state === 'done' && end.reason) || !isStillDoubted(job, end)
          ? undefined
          : done(job, end),
      );
      return before;
    },
    async refuseBlocked(installationId, jobId, end) {
      const ends = (job: Job) => (job.state === 'blocked' ? done(job, end) : undefined);
      return (await change('jobs.refuseBlocked', { installationId, jobId }, ends)).met;
    },
    async refuseWaiting(installationId, jobId, end) {
      const ends = (job: Job) =>
        job.state === 'waiting' && isStillDoubted(job, end) ? done(job, end) : undefined;
      return (await change('jobs.refuseWaiting', { installationId, jobId }, ends)).met;
    },
  };
}

/** As DynamoDB: no row of more than 400 KB, and no text that is not well-formed. */
function fitsRow(job: Job): boolean {
  const texts = [job.repository, job.conclusion ?? '', job.reason?.text ?? '', ...job.labels];
  return texts.every((text) => text.isWellFormed()) && JSON.stringify(job).length <= 409_600;
}

const unfitRow = () =>
  new OperationalError('DynamoDB failed at BatchExecuteStatement: ValidationError: the row does not fit', {
    code: 'ValidationError',
    retryable: false,
  });

/**
 * In the order of the index: of one tier, or of all of them. A loop, because a list of all jobs would take longer than the
 * rest: most are done, or another tenant's.
 */
function waitingJobs({ jobs }: Rows, installationId: InstallationId, tier?: Job['tier']): Job[] {
  const waiting: Job[] = [];
  for (const job of jobs.values()) {
    if (job.state !== 'waiting' || job.installationId !== installationId) continue;
    if (tier === undefined || job.tier === tier) waiting.push(job);
  }
  return waiting.sort((a, b) => placeOf(a) - placeOf(b) || a.jobId - b.jobId);
}

const placeOf = ({ retryAt, queuedAt }: Job) => retryAt ?? queuedAt;

/** Tenant by tenant. */
function inIndexOrder(jobs: readonly Job[]): Job[] {
  return jobs
    .map((job) => ({ place: pendingPlace(job), job }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ job }) => job);
}

/** Of jobs in the index's order. The cursor is the place of the last row seen: rows come and go between pages. */
function pageOf(jobs: readonly Job[], limit: number, cursor: string | undefined) {
  const next = cursor === undefined ? 0 : jobs.findIndex((job) => pendingPlace(job) > cursor);
  const start = next === -1 ? jobs.length : next;
  const found = jobs.slice(start, start + limit);
  const last = found.at(-1);
  return last === undefined || start + limit >= jobs.length
    ? { jobs: found }
    : { jobs: found, cursor: pendingPlace(last) };
}

/** Of stored rows, which do not change: the sweep's pages list all of them each minute. */
const places = new WeakMap<Job, string>();

function pendingPlace(job: Job): string {
  const known = places.get(job) ?? newPlace(job);
  places.set(job, known);
  return known;
}

function newPlace({ installationId, jobId, state, tier, queuedAt, retryAt, unsettledAt = 0 }: Job): string {
  const ordered = (value: number) => `${value}`.padStart(16, '0');
  const place =
    state === 'waiting'
      ? `waiting#${tier}#${ordered(retryAt ?? queuedAt)}`
      : `unsettled#${ordered(unsettledAt)}`;
  return `${ordered(installationId)}/${place}#${ordered(jobId)}`;
}

/** Without its plan, its rest, and what was written of an end. */
function planless(job: Job) {
  const { lease: _lease, reason: _reason, unsettledAt: _unsettledAt, retryAt: _retryAt, ...open } = job;
  const { outcome: _outcome, conclusion: _conclusion, doneAt: _doneAt, ...rest } = open;
  return rest;
}

function wait(job: Job, { reason, rest }: Again): Job {
  const { runner: _runner, startedAt: _startedAt, ...kept } = planless(job);
  const { replacements, retryAt } = rest ?? {};
  return {
    ...kept,
    ...(replacements === undefined ? {} : { replacements }),
    ...(retryAt === undefined ? {} : { retryAt }),
    state: 'waiting',
    reason,
  };
}

const undoubted = ({ goneAt: _goneAt, goneSaidAt: _goneSaidAt, ...job }: Job): Job => job;

const isSame = (known: Job['admission'], other: DecidedJob['insteadOf']) =>
  known?.policy === other?.policy && known?.state === other?.state && known?.at === other?.at;

const isStillDoubted = ({ goneAt }: Job, { doubtedSince }: JobEnd) =>
  doubtedSince === undefined || goneAt === doubtedSince;

function done(job: Job, { at, doubtedSince: _, ...facts }: JobEnd): Job {
  return { ...undoubted(planless(job)), ...facts, state: 'done', doneAt: at };
}
