/** The jobs in memory: see the port for what each method promises, and world.ts for how to make one fail. */
import type { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { isReplacement } from '../../lib/core/reason.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { JobEnd, JobStore } from '../../lib/ports/jobs.ts';
import { jobKey, type Rows, type StoreCall, type StoreWorld } from './world.ts';

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
      if (after) jobs.set(jobKey(key.installationId, key.jobId), structuredClone(after));
      return { met: after !== undefined, before };
    });

  return {
    async insert(jobs) {
      const outcomes = await world.call('jobs.insert', (rows) =>
        jobs.map((job) => {
          const key = jobKey(job.installationId, job.jobId);
          if (rows.jobs.has(key)) return 'exists';
          if (!fitsRow(job)) return 'unfit';
          rows.jobs.set(key, structuredClone(job));
          return 'inserted';
        }),
      );
      return outcomes.map((outcome) => (outcome === 'unfit' ? unfitRow() : outcome));
    },
    find: (installationId, jobIds) =>
      world.call('jobs.find', ({ jobs }) =>
        [...new Set(jobIds)].flatMap((jobId) => jobs.get(jobKey(installationId, jobId)) ?? []),
      ),
    get: (installationId, jobId) =>
      world.call('jobs.get', ({ jobs }) => jobs.get(jobKey(installationId, jobId))),
    listWaiting: (installationId, tier, limit) =>
      world.call('jobs.listWaiting', (rows) =>
        waitingJobs(rows, installationId)
          .filter((job) => job.tier === tier)
          .slice(0, limit),
      ),
    listWaitingBeyond: (installationId, count, limit) =>
      world.call('jobs.listWaitingBeyond', (rows) =>
        waitingJobs(rows, installationId).slice(count, count + limit),
      ),
    tiersWithWaiting: (installationId) =>
      world.call('jobs.tiersWithWaiting', (rows) => [
        ...new Set(waitingJobs(rows, installationId).flatMap((job) => job.tier ?? [])),
      ]),
    scanPendingAcrossTenants: ({ limit, cursor }) =>
      world.call('jobs.scanPendingAcrossTenants', ({ jobs }) => page(jobs, limit, cursor)),
    async unblock(installationId, jobId, reason) {
      const waits = (job: Job) => (job.state === 'blocked' && job.tier ? wait(job, reason) : undefined);
      return (await change('jobs.unblock', { installationId, jobId }, waits)).met;
    },
    async rename(installationId, jobId, repository) {
      await change('jobs.rename', { installationId, jobId }, (job) => ({ ...job, repository }));
    },
    setWaitReasons: (installationId, waits) =>
      world.call('jobs.setWaitReasons', ({ jobs }) => {
        for (const { jobId, reason } of waits) {
          const job = jobs.get(jobKey(installationId, jobId));
          if (job?.state === 'waiting') {
            jobs.set(jobKey(installationId, jobId), { ...job, reason: structuredClone(reason) });
          }
        }
      }),
    async waitAgain(installationId, jobId, lease, reason) {
      const waits = (job: Job) =>
        job.state === 'covered' && job.lease === lease ? wait(job, reason) : undefined;
      return (await change('jobs.waitAgain', { installationId, jobId }, waits)).met;
    },
    async requeue(installationId, jobId, runner, reason) {
      const waits = (job: Job) =>
        job.state === 'running' && job.runner === runner && job.tier ? wait(job, reason) : undefined;
      return (await change('jobs.requeue', { installationId, jobId }, waits)).met;
    },
    async markUnsettled(installationId, jobId, runner, at) {
      await change('jobs.markUnsettled', { installationId, jobId }, (job) =>
        job.state === 'running' && job.runner === runner ? { ...job, unsettledAt: at } : undefined,
      );
    },
    async start(installationId, jobId, { runner, at }) {
      const { before } = await change('jobs.start', { installationId, jobId }, (job) => {
        if (job.state === 'done') return undefined;
        // A repeated event must not take the job out of what is unsettled.
        if (job.state === 'running' && (runner === undefined || job.runner === runner)) return undefined;
        return {
          ...planless(job),
          state: 'running',
          startedAt: at,
          ...(runner === undefined ? { unsettledAt: at } : { runner }),
        };
      });
      return before;
    },
    async finish(installationId, jobId, end) {
      const { before } = await change('jobs.finish', { installationId, jobId }, (job) =>
        job.state === 'done' ? undefined : done(job, end),
      );
      return before;
    },
    async refuseBlocked(installationId, jobId, end) {
      const ends = (job: Job) => (job.state === 'blocked' ? done(job, end) : undefined);
      return (await change('jobs.refuseBlocked', { installationId, jobId }, ends)).met;
    },
    async refuseWaiting(installationId, jobId, end) {
      const ends = (job: Job) => (job.state === 'waiting' ? done(job, end) : undefined);
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

function waitingJobs({ jobs }: Rows, installationId: InstallationId): Job[] {
  return [...jobs.values()]
    .filter((job) => job.installationId === installationId && job.state === 'waiting')
    .sort((a, b) => a.queuedAt - b.queuedAt || a.jobId - b.jobId);
}

/** In the order of the index, tenant by tenant. The cursor is the place of the last row seen: rows come and go between pages. */
function page(jobs: Rows['jobs'], limit: number, cursor: string | undefined) {
  const pending = [...jobs.values()]
    .filter((job) => job.state === 'waiting' || job.unsettledAt !== undefined)
    .map((job) => ({ place: pendingPlace(job), job }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .filter(({ place }) => cursor === undefined || place > cursor);
  const shown = pending.slice(0, limit);
  const last = shown.at(-1)?.place;
  const found = shown.map(({ job }) => job);
  return last === undefined || shown.length === pending.length
    ? { jobs: found }
    : { jobs: found, cursor: last };
}

function pendingPlace({ installationId, jobId, state, tier, queuedAt, unsettledAt = 0 }: Job): string {
  const ordered = (value: number) => String(value).padStart(16, '0');
  const place =
    state === 'waiting' ? `waiting#${tier}#${ordered(queuedAt)}` : `unsettled#${ordered(unsettledAt)}`;
  return `${ordered(installationId)}/${place}#${ordered(jobId)}`;
}

function planless(job: Job) {
  const { lease: _lease, reason: _reason, unsettledAt: _unsettledAt, ...rest } = job;
  return rest;
}

function wait(job: Job, reason: NonNullable<Job['reason']>): Job {
  const { runner: _runner, startedAt: _startedAt, ...rest } = planless(job);
  const lost = isReplacement(reason) ? { replacements: (job.replacements ?? 0) + 1 } : {};
  return { ...rest, ...lost, state: 'waiting', reason };
}

function done(job: Job, { at, ...facts }: JobEnd): Job {
  return { ...planless(job), ...facts, state: 'done', doneAt: at };
}
