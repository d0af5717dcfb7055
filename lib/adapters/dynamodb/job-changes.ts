/**
 * A job's changes of state as DynamoDB expressions, in life order. Each condition names the state that the change starts
 * from; if it does not hold, nothing is written. None of them creates a row: a missing state equals no state.
 */
import type { InstanceId, JobId, LeaseId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Again } from '../../core/job-rest.ts';
import type { Reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { DecidedJob, Doubt, JobEnd, Reopening } from '../../ports/jobs.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';
import {
  admissionAttributes,
  admissionNames,
  expiresAt,
  jobRow,
  reasonValue,
  restingPlace,
  unsettledPlace,
} from './job-row.ts';

export interface JobChange {
  readonly update: string;
  readonly condition: string;
  readonly values: Attributes;
}

/** In any state. The condition prevents a new row, and saves a write that would change nothing. */
export const rename = (repository: string): JobChange => ({
  update: 'SET #repository = :repository',
  condition: 'attribute_exists(#job_id) AND #repository <> :repository',
  values: { ':repository': text(repository) },
});

/** The attributes of an end, removed if the job turns out not to be over. */
const ended = '#outcome, #conclusion, #done_at, #expires_at';

/** waiting, covered → blocked. Its lease belongs to its machine, and stays taken. */
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
 * blocked, done → waiting. A job whose labels match no tier has no place in a line. Of done jobs, only those that the
 * platform ended itself, which have a reason; an expired one is over on GitHub too.
 */
export const reopen = ({ reason, heardAt = Number.MAX_SAFE_INTEGER, approvedAt }: Reopening): JobChange => ({
  update: `SET #state = :waiting, #pending = #place, #reason = :reason${approvedAt === undefined ? '' : ', #approved_at = :approved_at'} REMOVE #unsettled_at, #runner, #started_at, ${ended}`,
  condition:
    'attribute_exists(#place) AND ((#state = :blocked AND (attribute_not_exists(#unsettled_at) OR #unsettled_at < :heard_at)) OR (#state = :done AND attribute_exists(#reason) AND #outcome <> :expired))',
  values: {
    ':waiting': text('waiting'),
    ':blocked': text('blocked'),
    ':heard_at': number(heardAt),
    ':done': text('done'),
    ':expired': text('expired'),
    ':reason': reasonValue(reason),
    ...(approvedAt === undefined ? {} : { ':approved_at': number(approvedAt) }),
  },
});

/** waiting → waiting, in the line of another tier; `pending` shows that it is as it was read. */
export function moveTier(job: Job, to: TierName): JobChange {
  const [before, after] = [jobRow(job), jobRow({ ...job, tier: to })];
  const decision = admissionNames.map((name) => `#${name}`).join(', ');
  return {
    update: `SET #tier = :to, #place = :place, #pending = :pending REMOVE ${decision}`,
    condition: '#state = :waiting AND #pending = :as_read',
    values: {
      ':to': text(to),
      ':place': after['place']!,
      ':pending': after['pending']!,
      ':as_read': before['pending']!,
      ':waiting': text('waiting'),
    },
  };
}

/** covered → waiting, if it is still covered by this lease: a later one belongs to another machine. */
export const waitAgain = (jobId: JobId, lease: LeaseId, again: Again): JobChange => {
  const back = waiting(jobId, again);
  return {
    update: `${back.update}, #former_lease = :lease REMOVE #lease${back.remove}`,
    condition: '#state = :covered AND #lease = :lease',
    values: { ':covered': text('covered'), ':lease': text(lease), ...back.values },
  };
};

/** waiting → waiting; with a rest, its place in the line of its tier is at the end of that rest. */
export const rest = (jobId: JobId, again: Again): JobChange => {
  const back = waiting(jobId, again);
  return {
    update: back.remove === '' ? back.update : `${back.update} REMOVE ${back.remove.slice(2)}`,
    // The sweep may have moved it to another tier since it was read.
    condition:
      again.rest?.retryAt === undefined ? '#state = :waiting' : '#state = :waiting AND #tier = :tier',
    values:
      again.rest?.retryAt === undefined ? back.values : { ...back.values, ':tier': text(again.rest.tier) },
  };
};

/** Any state but done: since when GitHub has reported that it has no such job, and when it did so last. */
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

/** running → waiting, if GitHub still names this machine for it, or none of ours. */
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

/** running → running, and pending until GitHub reports the outcome. */
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

/** Any state but done: replaces the decision that was read. A final decision under the same policy stays. */
export function decide({ admission, insteadOf, tier }: DecidedJob): JobChange {
  const attributes = admissionAttributes(admission);
  const given = compact<Attributes>(attributes);
  const sets = Object.keys(given).map((name) => `#${name} = :${name}`);
  const gone = Object.keys(attributes).filter((name) => !(name in given));
  const removes = gone.length === 0 ? '' : ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}`;
  const isSamePolicy = insteadOf?.policy === admission.policy;
  const isOpen = isSamePolicy ? ' AND (#admission_state = :asked OR #admission_state = :unavailable)' : '';
  const isAsRead = insteadOf
    ? `#admission_policy = :read_policy AND #admission_state = :read_state AND #admission_at = :read_at${isOpen}`
    : 'attribute_not_exists(#admission_policy)';
  // An earlier attempt wrote it, and its response was lost.
  const isWritten =
    '#admission_policy = :admission_policy AND #admission_state = :admission_state AND #admission_at = :admission_at';
  return {
    update: `SET ${sets.join(', ')}${removes}`,
    condition: `attribute_exists(#state) AND #state <> :done AND ((${isAsRead}) OR (${isWritten}))${tier === undefined ? '' : ' AND #tier = :tier'}`,
    values: {
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`:${name}`, value])),
      ...(insteadOf ? asRead(insteadOf) : {}),
      ...(isOpen ? { ':asked': text('asked'), ':unavailable': text('unavailable') } : {}),
      ':done': text('done'),
      ...(tier === undefined ? {} : { ':tier': text(tier) }),
    },
  };
}

const asRead = ({ policy, state, at }: NonNullable<DecidedJob['insteadOf']>): Attributes => ({
  ':read_policy': text(policy),
  ':read_state': text(state),
  ':read_at': number(at),
});

/** waiting → covered; the lease is one of a launch made for it, in its tier. */
export const cover = (lease: LeaseId, tier: TierName): JobChange => ({
  update:
    'SET #state = :covered, #lease = :lease, #attempts = #attempts + :one REMOVE #reason, #retry_at, #pending',
  condition: '#state = :waiting AND #tier = :tier',
  values: {
    ':covered': text('covered'),
    ':lease': text(lease),
    ':one': number(1),
    ':waiting': text('waiting'),
    ':tier': text(tier),
  },
});

/**
 * waiting, or covered by a lease whose machine runs another job → covered by the lease of an existing machine of its tier.
 * It counts no attempt.
 */
export function give({ lease, tier }: Pick<Runner, 'lease' | 'tier'>, from: Job): JobChange {
  const update = 'SET #state = :covered, #lease = :lease REMOVE #reason, #retry_at, #pending';
  const values = { ':covered': text('covered'), ':lease': text(lease) };
  return from.state === 'covered' && from.lease
    ? {
        update,
        condition: '#state = :covered AND #lease = :formerly',
        values: { ...values, ':formerly': text(from.lease) },
      }
    : {
        update,
        condition: '#state = :waiting AND #tier = :tier',
        values: { ...values, ':waiting': text('waiting'), ':tier': text(tier) },
      };
}

/**
 * Anything that is not over on GitHub → running. Its former lease stays recorded: a repeated start then shows whether the
 * job left a machine of its own to others. Clauses of the condition:
 * - `state <> done`, or an end with a reason: facts never go backwards, but the platform's own end gives way to GitHub's.
 *   A refused job whose labels match no tier (no place) stays refused: it runs on none of our machines.
 * - `attribute_exists(state)`: creates no row for an unknown job; a missing state would pass the first clause
 * - not already running on this very machine: a repeated event must not make it settled
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
    // Spells out a row without a runner, because in PartiQL NOT of a missing value is not true.
    condition: `${known} AND (#state <> :running OR attribute_not_exists(#runner) OR #runner <> :runner)`,
    values: {
      ...values,
      ':runner': text(runner),
      ...(unsettled ? { ':unsettled': text(unsettledPlace(jobId, at)) } : {}),
    },
  };
}

/** Anything but done → done; GitHub's own word also replaces an end by the platform, which has a reason. */
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

/** Back into the line: at the job's permanent place, or at the end of its rest. `remove`: further attributes. */
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
