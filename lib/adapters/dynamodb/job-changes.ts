/**
 * A job's changes of state as DynamoDB expressions, in life order. Each condition names the state that the change comes
 * from; where it does not hold, nothing is written. None of them can make a row: a missing state equals no state.
 */
import type { InstanceId, JobId, LeaseId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { isReplacement, type Reason } from '../../core/reason.ts';
import type { JobEnd } from '../../ports/jobs.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';
import { expiresAt, reasonValue, unsettledPlace } from './job-row.ts';

export interface JobChange {
  readonly update: string;
  readonly condition: string;
  readonly values: Attributes;
}

/** Whatever its state. The condition makes no row, and spares a write that changes nothing. */
export const rename = (repository: string): JobChange => ({
  update: 'SET #repository = :repository',
  condition: 'attribute_exists(#job_id) AND #repository <> :repository',
  values: { ':repository': text(repository) },
});

/** Back into the line, at the place it always had. */
const wait = 'SET #state = :waiting, #pending = #place, #reason = :reason';

/** blocked → waiting. A job that no tier has the labels of has no place to wait in. */
export const unblock = (reason: Reason): JobChange => ({
  update: `${wait} REMOVE #unsettled_at`,
  condition: '#state = :blocked AND attribute_exists(#place)',
  values: { ':blocked': text('blocked'), ...waitValues(reason) },
});

/** covered → waiting, if it is still this lease that is meant for it: a later one is another machine's. */
export const waitAgain = (lease: LeaseId, reason: Reason): JobChange => ({
  update: `${wait}${countLost(reason)} REMOVE #lease`,
  condition: '#state = :covered AND #lease = :lease',
  values: {
    ':covered': text('covered'),
    ':lease': text(lease),
    ...waitValues(reason),
    ...lostValues(reason),
  },
});

/** running → waiting, if it is still this machine that GitHub named, or none of ours. */
export const requeue = (runner: InstanceId | undefined, reason: Reason): JobChange => ({
  update: `${wait}${countLost(reason)} REMOVE #runner, #started_at, #unsettled_at`,
  condition: `${runner === undefined ? runningElsewhere : runningOn} AND attribute_exists(#place)`,
  values: {
    ...(runner === undefined ? { ':running': text('running') } : runningValues(runner)),
    ...waitValues(reason),
    ...lostValues(reason),
  },
});

/** running → running, and pending until GitHub says how it went. */
export const markUnsettled = (jobId: JobId, runner: InstanceId, at: number): JobChange => ({
  update: 'SET #pending = :unsettled, #unsettled_at = :at',
  condition: runningOn,
  values: { ...runningValues(runner), ':unsettled': text(unsettledPlace(jobId, at)), ':at': number(at) },
});

/** waiting → covered; the lease is one of a launch made for it. */
export const cover = (lease: LeaseId): JobChange => ({
  update:
    'SET #state = :covered, #lease = :lease, #attempts = if_not_exists(#attempts, :none) + :one REMOVE #reason, #pending',
  condition: '#state = :waiting',
  values: {
    ':covered': text('covered'),
    ':lease': text(lease),
    ':none': number(0),
    ':one': number(1),
    ':waiting': text('waiting'),
  },
});

/**
 * waiting, or covered by a lease whose machine runs another job → covered by the lease of a machine that is there already,
 * so no attempt is counted.
 */
export function give(lease: LeaseId, from: Job): JobChange {
  const update = 'SET #state = :covered, #lease = :lease REMOVE #reason, #pending';
  const values = { ':covered': text('covered'), ':lease': text(lease) };
  return from.state === 'covered' && from.lease
    ? {
        update,
        condition: '#state = :covered AND #lease = :formerly',
        values: { ...values, ':formerly': text(from.lease) },
      }
    : { update, condition: '#state = :waiting', values: { ...values, ':waiting': text('waiting') } };
}

/**
 * Anything but done → running. Clauses of the condition:
 * - `state <> done`: facts never go backwards. A missing state would pass this one, hence:
 * - `attribute_exists(state)`: no row is made for a job that was not known
 * - not running on this very machine already: a repeated event must not take it out of what is unsettled
 */
export function start(
  jobId: JobId,
  { runner, at }: { runner: InstanceId | undefined; at: number },
): JobChange {
  const known = 'attribute_exists(#state) AND #state <> :done';
  const values = { ':running': text('running'), ':at': number(at), ':done': text('done') };
  const started = 'SET #state = :running, #started_at = :at';
  if (runner === undefined) {
    return {
      update: `${started}, #pending = :unsettled, #unsettled_at = :at REMOVE #lease, #reason`,
      condition: `${known} AND #state <> :running`,
      values: { ...values, ':unsettled': text(unsettledPlace(jobId, at)) },
    };
  }
  return {
    update: `${started}, #runner = :runner REMOVE #lease, #reason, #pending, #unsettled_at`,
    condition: `${known} AND NOT (${runningOn})`,
    values: { ...values, ':runner': text(runner) },
  };
}

/** Anything but done → done. */
export const finish = (end: JobEnd): JobChange => ({
  ...finishing(end),
  condition: 'attribute_exists(#state) AND #state <> :done',
});

/** waiting → done. */
export const refuseWaiting = (end: JobEnd): JobChange => finishingFrom('waiting', end);

/** blocked → done. */
export const refuseBlocked = (end: JobEnd): JobChange => finishingFrom('blocked', end);

function finishingFrom(state: 'waiting' | 'blocked', end: JobEnd): JobChange {
  const { update, values } = finishing(end);
  return { update, condition: '#state = :from', values: { ...values, ':from': text(state) } };
}

function finishing(end: JobEnd): { update: string; values: Attributes } {
  const facts = compact<Attributes>({
    ':outcome': text(end.outcome),
    ':done_at': number(end.at),
    ':expires_at': expiresAt(end.at),
    ':conclusion': optional(end.conclusion, text),
    ':runner': optional(end.runner, text),
    ':reason': optional(end.reason, reasonValue),
  });
  const sets = Object.keys(facts).map((value) => `#${value.slice(1)} = ${value}`);
  const over = '#lease, #pending, #unsettled_at';
  const stale = end.reason === undefined ? `${over}, #reason` : over;
  return {
    update: `SET #state = :done, ${sets.join(', ')} REMOVE ${stale}`,
    values: { ...facts, ':done': text('done') },
  };
}

const runningElsewhere = '#state = :running AND attribute_not_exists(#runner)';
const runningOn = '#state = :running AND #runner = :runner';
const runningValues = (runner: InstanceId) => ({ ':running': text('running'), ':runner': text(runner) });
const waitValues = (reason: Reason) => ({ ':waiting': text('waiting'), ':reason': reasonValue(reason) });
/** One more machine that came to nothing, where the reason says so. */
const countLost = (reason: Reason) =>
  isReplacement(reason) ? ', #replacements = if_not_exists(#replacements, :none) + :one' : '';
const lostValues = (reason: Reason): Attributes =>
  isReplacement(reason) ? { ':none': number(0), ':one': number(1) } : {};
