/**
 * A job's changes of state as DynamoDB expressions, in life order. Each condition names the state that the change comes
 * from; where it does not hold, nothing is written. None of them can make a row: a missing state equals no state.
 */
import type { JobAdmission } from '../../core/controllers/job-admission.ts';
import type { InstanceId, JobId, LeaseId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Again } from '../../core/job-rest.ts';
import type { Reason } from '../../core/reason.ts';
import type { Doubt, JobEnd, Reopening } from '../../ports/jobs.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';
import { admissionAttributes, expiresAt, reasonValue, restingPlace, unsettledPlace } from './job-row.ts';

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

/** What was written down of an end that was no end. */
const ended = '#outcome, #conclusion, #done_at, #expires_at';

/** waiting, covered → blocked. Its lease is its machine's, and stays taken. */
export const block = (jobId: JobId, at: number): JobChange => ({
  update:
    'SET #state = :blocked, #pending = :unsettled, #unsettled_at = :at REMOVE #lease, #reason, #retry_at',
  condition: '#state IN (:waiting, :covered)',
  values: {
    ':blocked': text('blocked'),
    ':waiting': text('waiting'),
    ':covered': text('covered'),
    ':unsettled': text(unsettledPlace(jobId, at)),
    ':at': number(at),
  },
});

/**
 * blocked, done → waiting. A job that no tier has the labels of has no place to wait in. Of what is done, only what the
 * platform ended by a word of its own, which is what has a reason; what expired is over on GitHub too.
 */
export const reopen = ({ reason, heardAt = Number.MAX_SAFE_INTEGER }: Reopening): JobChange => ({
  update: `SET #state = :waiting, #pending = #place, #reason = :reason REMOVE #unsettled_at, #runner, #started_at, ${ended}`,
  condition:
    'attribute_exists(#place) AND ((#state = :blocked AND (attribute_not_exists(#unsettled_at) OR #unsettled_at < :heard_at)) OR (#state = :done AND attribute_exists(#reason) AND #outcome <> :expired))',
  values: {
    ':waiting': text('waiting'),
    ':blocked': text('blocked'),
    ':heard_at': number(heardAt),
    ':done': text('done'),
    ':expired': text('expired'),
    ':reason': reasonValue(reason),
  },
});

/** covered → waiting, if it is still this lease that is meant for it: a later one is another machine's. */
export const waitAgain = (jobId: JobId, lease: LeaseId, again: Again): JobChange => {
  const back = waiting(jobId, again);
  return {
    update: `${back.update}, #former_lease = :lease REMOVE #lease${back.remove}`,
    condition: '#state = :covered AND #lease = :lease',
    values: { ':covered': text('covered'), ':lease': text(lease), ...back.values },
  };
};

/** waiting → waiting; with a rest its place in the line is at the end of it. */
export const rest = (jobId: JobId, again: Again): JobChange => {
  const back = waiting(jobId, again);
  return {
    update: back.remove === '' ? back.update : `${back.update} REMOVE ${back.remove.slice(2)}`,
    condition: '#state = :waiting',
    values: back.values,
  };
};

/** Not done: since when GitHub says that it has no such job, and when it last said so. */
export const doubt = (doubted: Doubt | undefined): JobChange => ({
  update: doubted ? 'SET #gone_at = :at, #gone_said_at = :said' : 'REMOVE #gone_at, #gone_said_at',
  condition: `attribute_exists(#state) AND #state <> :done${doubted ? ` AND ${asKnown(doubted)}` : ''}`,
  values: {
    ':done': text('done'),
    ...(doubted ? { ':at': number(doubted.since), ':said': number(doubted.saidAt) } : {}),
    ...(doubted?.known === undefined ? {} : { ':known': number(doubted.known) }),
  },
});

const asKnown = ({ known }: Doubt) =>
  known === undefined ? 'attribute_not_exists(#gone_at)' : '#gone_at = :known';

/** running → waiting, if it is still this machine that GitHub named, or none of ours. */
export const requeue = (jobId: JobId, runner: InstanceId | undefined, again: Again): JobChange => {
  const back = waiting(jobId, again);
  return {
    update: `${back.update} REMOVE #lease, #runner, #started_at, #unsettled_at${back.remove}`,
    condition: `${runner === undefined ? runningElsewhere : runningOn} AND attribute_exists(#place)`,
    values: {
      ...(runner === undefined ? { ':running': text('running') } : runningValues(runner)),
      ...back.values,
    },
  };
};

/** running → running, and pending until GitHub says how it went. */
export const markUnsettled = (jobId: JobId, runner: InstanceId, at: number): JobChange => ({
  update: 'SET #pending = :unsettled, #unsettled_at = :at',
  condition: runningOn,
  values: { ...runningValues(runner), ':unsettled': text(unsettledPlace(jobId, at)), ':at': number(at) },
});

/** In any state. */
export const noteStartRefusal = (why: Reason): JobChange => ({
  update: 'SET #start_refusal = :why',
  condition: 'attribute_exists(#state) AND attribute_not_exists(#start_refusal)',
  values: { ':why': reasonValue(why) },
});

/** Not done: what controllers said of it. A decision of the same policy stands, once it is one, and so does one that was not read. */
export function decide(admission: JobAdmission, insteadOf: string | undefined): JobChange {
  const attributes = admissionAttributes(admission);
  const given = compact<Attributes>(attributes);
  const sets = Object.keys(given).map((name) => `#${name} = :${name}`);
  const gone = Object.keys(attributes).filter((name) => !(name in given));
  const removes = gone.length === 0 ? '' : ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}`;
  const isOpen =
    '(#admission_policy = :admission_policy AND (#admission_state = :asked OR #admission_state = :unavailable))';
  const isOther = insteadOf !== undefined && insteadOf !== admission.policy;
  const isKnown = isOther ? ' OR #admission_policy = :instead_of' : '';
  return {
    update: `SET ${sets.join(', ')}${removes}`,
    condition: `attribute_exists(#state) AND #state <> :done AND (attribute_not_exists(#admission_policy) OR ${isOpen}${isKnown})`,
    values: {
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`:${name}`, value])),
      ...(isOther ? { ':instead_of': text(insteadOf) } : {}),
      ':done': text('done'),
      ':asked': text('asked'),
      ':unavailable': text('unavailable'),
    },
  };
}

/** waiting → covered; the lease is one of a launch made for it. */
export const cover = (lease: LeaseId): JobChange => ({
  update:
    'SET #state = :covered, #lease = :lease, #attempts = #attempts + :one REMOVE #reason, #retry_at, #pending',
  condition: '#state = :waiting',
  values: {
    ':covered': text('covered'),
    ':lease': text(lease),
    ':one': number(1),
    ':waiting': text('waiting'),
  },
});

/**
 * waiting, or covered by a lease whose machine runs another job → covered by the lease of a machine that is there already,
 * so no attempt is counted.
 */
export function give(lease: LeaseId, from: Job): JobChange {
  const update = 'SET #state = :covered, #lease = :lease REMOVE #reason, #retry_at, #pending';
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
 * Anything that is not over on GitHub → running. The lease that it had stays known: a start that is told twice then says
 * whether the job left a machine of its own to others. Clauses of the condition:
 * - `state <> done`, or an end with a reason: facts never go backwards, but the platform's own word gives way to GitHub's.
 *   A job that no tier has the labels of (no place) is left refused: it runs on none of our machines.
 * - `attribute_exists(state)`: no row is made for a job that was not known; a missing state would pass the first one
 * - not running on this very machine already: a repeated event must not take it out of what is unsettled
 */
export function start(
  jobId: JobId,
  { runner, at, unsettled = false }: { runner: InstanceId | undefined; at: number; unsettled?: boolean },
): JobChange {
  const known =
    'attribute_exists(#state) AND (#state <> :done OR (attribute_exists(#reason) AND attribute_exists(#place)))';
  const values = { ':running': text('running'), ':at': number(at), ':done': text('done') };
  const started = 'SET #state = :running, #started_at = :at';
  const stale = `#reason, #retry_at, #gone_at, #gone_said_at, ${ended}`;
  if (runner === undefined) {
    return {
      update: `${started}, #pending = :unsettled, #unsettled_at = :at REMOVE ${stale}`,
      condition: `${known} AND #state <> :running`,
      values: { ...values, ':unsettled': text(unsettledPlace(jobId, at)) },
    };
  }
  const place = unsettled
    ? ', #pending = :unsettled, #unsettled_at = :at REMOVE'
    : ' REMOVE #pending, #unsettled_at,';
  return {
    update: `${started}, #runner = :runner${place} ${stale}`,
    // A row without a runner is named, because NOT of what is missing is no truth in PartiQL.
    condition: `${known} AND (#state <> :running OR attribute_not_exists(#runner) OR #runner <> :runner)`,
    values: {
      ...values,
      ':runner': text(runner),
      ...(unsettled ? { ':unsettled': text(unsettledPlace(jobId, at)) } : {}),
    },
  };
}

/** Anything but done → done; GitHub's own word also takes the place of the platform's, which has a reason. */
export const finish = (end: JobEnd): JobChange => {
  const { update, values } = finishing(end);
  const open =
    end.reason === undefined ? '(#state <> :done OR attribute_exists(#reason))' : '#state <> :done';
  return { update, condition: `attribute_exists(#state) AND ${open}${stillDoubted(end)}`, values };
};

const stillDoubted = ({ doubtedSince }: JobEnd) =>
  doubtedSince === undefined ? '' : ' AND #gone_at = :doubted_since';

/** waiting → done. */
export const refuseWaiting = (end: JobEnd): JobChange => finishingFrom('waiting', end);

/** blocked → done. */
export const refuseBlocked = (end: JobEnd): JobChange => finishingFrom('blocked', end);

function finishingFrom(state: 'waiting' | 'blocked', end: JobEnd): JobChange {
  const { update, values } = finishing(end);
  return {
    update,
    condition: `#state = :from${stillDoubted(end)}`,
    values: { ...values, ':from': text(state) },
  };
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
  const over = ['lease', 'pending', 'unsettled_at', 'retry_at', 'gone_at', 'gone_said_at'];
  const stale = [...over, ...(end.reason ? [] : ['reason']), ...(end.conclusion ? [] : ['conclusion'])];
  return {
    update: `SET #state = :done, ${sets.join(', ')} REMOVE ${stale.map((name) => `#${name}`).join(', ')}`,
    values: {
      ...facts,
      ':done': text('done'),
      ...(end.doubtedSince === undefined ? {} : { ':doubted_since': number(end.doubtedSince) }),
    },
  };
}

const runningElsewhere = '#state = :running AND attribute_not_exists(#runner)';
const runningOn = '#state = :running AND #runner = :runner';
const runningValues = (runner: InstanceId) => ({ ':running': text('running'), ':runner': text(runner) });

/** Back into the line: at the place that the job always had, or at the end of its rest. `remove`: further names. */
function waiting(
  jobId: JobId,
  { reason, rest }: Again,
): { update: string; remove: string; values: Attributes } {
  const values = { ':waiting': text('waiting'), ':reason': reasonValue(reason) };
  const wait = 'SET #state = :waiting, #reason = :reason';
  const counted = rest ? ', #replacements = :replacements' : '';
  const count: Attributes = rest ? { ':replacements': number(rest.replacements) } : {};
  const place = rest && restingPlace(jobId, rest);
  return place === undefined
    ? {
        update: `${wait}${counted}, #pending = #place`,
        remove: ', #retry_at',
        values: { ...values, ...count },
      }
    : {
        update: `${wait}${counted}, #pending = :resting, #retry_at = :retryAt`,
        remove: '',
        values: { ...values, ...count, ':resting': text(place.pending), ':retryAt': number(place.retryAt) },
      };
}
