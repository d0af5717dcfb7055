/**
 * A runner's changes as DynamoDB expressions, in life order. Wherever a change moves or ends a plan, its condition names
 * the planned job that was read: a runner that was given another job meanwhile cannot end with that job forgotten.
 */
import type { JobId, LaunchId } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { LeaseCost } from '../../core/spend-counts.ts';
import type { Run, RunnerConfirm, RunnerEnd } from '../../ports/runners.ts';
import { type Attributes, flag, number, text } from './attributes.ts';
import { expiresAt } from './job-row.ts';

export interface RunnerChange {
  readonly update: string;
  readonly condition: string;
  readonly values: Attributes;
}

/**
 * booting → claimed, or claimed → claimed with nothing changed. Clauses of the condition:
 * - `launch_id = :launch`: the ticket was made for this machine's launch
 * - booting: nobody has claimed it; or claimed with this nonce: the same machine asks again because its answer was lost
 */
export const claim = (claiming: { launchId: LaunchId; nonce: string; at: number }): RunnerChange => ({
  update: 'SET #state = :claimed, #nonce = :nonce, #claimed_at = if_not_exists(#claimed_at, :at)',
  condition: '#launch_id = :launch AND (#state = :booting OR (#state = :claimed AND #nonce = :nonce))',
  values: {
    ':claimed': text('claimed'),
    ':booting': text('booting'),
    ':nonce': text(claiming.nonce),
    ':at': number(claiming.at),
    ':launch': text(claiming.launchId),
  },
});

/**
 * claimed → listening, by the machine that claimed it. Its deadline stays: most machines have ended by then. If a gate is
 * required by now, the machine must have one.
 */
export const confirm = (confirming: Omit<RunnerConfirm, 'instanceId'>): RunnerChange => ({
  update: [
    'SET #state = :listening, #listening_at = :at',
    ...(confirming.gated ? ['#gated = :gated'] : []),
    ...(confirming.runningAt === undefined ? [] : ['#running_at = :running_at']),
  ].join(', '),
  condition: `#state = :claimed AND #nonce = :nonce AND #launch_id = :launch${confirming.gated ? '' : ' AND attribute_not_exists(#gate_required_at)'}`,
  values: {
    ':listening': text('listening'),
    ':claimed': text('claimed'),
    ':nonce': text(confirming.nonce),
    ':launch': text(confirming.launchId),
    ':at': number(confirming.at),
    ...(confirming.gated ? { ':gated': flag(true) } : {}),
    ...(confirming.runningAt === undefined ? {} : { ':running_at': number(confirming.runningAt) }),
  },
});

/** Only in the state that was read: a machine that listens by now may have a job already. */
export const requireGate = ({ state }: Pick<Runner, 'state'>, at: number): RunnerChange => ({
  update: 'SET #gate_required_at = :at',
  condition: '#state = :state AND attribute_not_exists(#gated)',
  values: { ':at': number(at), ':state': text(state) },
});

/** Only in the state that was read: the reason for giving it a job may be over. */
export const planJob = (runner: Runner, job: { jobId: JobId; repository: string }): RunnerChange => ({
  update: 'SET #planned_job = :plannedJob, #repository = :repository',
  condition: '#state = :state AND #planned_job = :read',
  values: {
    ':plannedJob': number(job.jobId),
    ':repository': text(job.repository),
    ':state': text(runner.state),
    ':read': number(runner.plannedJob),
  },
});

/** Succeeds once: only that caller counts it. */
export const unknownRun = (at: number): RunnerChange => ({
  update: 'SET #unknown_run_at = :at',
  condition: 'attribute_exists(#instance_id) AND attribute_not_exists(#unknown_run_at)',
  values: { ':at': number(at) },
});

/** A later deadline stays. */
export const extend = (deadline: number): RunnerChange => ({
  update: 'SET #deadline = :deadline',
  condition: '#state <> :ended AND #deadline < :deadline',
  values: { ':deadline': number(deadline), ':ended': text('ended') },
});

/**
 * Any state → ended. Clauses of the condition:
 * - not ended: the first end gives the reason
 * - plan and run as read: a runner that was given a job meanwhile cannot end with that job forgotten. A row that does not
 *   exist has no planned job, so none is created.
 */
export const end = ({ runner, ...ending }: RunnerEnd): RunnerChange => ({
  update: `SET #state = :ended, #ended_at = :at, #end_reason = :reason, #expires_at = :expiresAt${ending.console === undefined ? '' : ', #console = :console'}`,
  condition: `#state <> :ended AND #planned_job = :read AND ${countsAsRead(runner).condition} AND ${
    runner.ran === undefined ? 'attribute_not_exists(#ran)' : '#ran = :ran'
  }`,
  values: {
    ':at': number(ending.at),
    ':reason': text(ending.reason),
    ':expiresAt': expiresAt(ending.at),
    ':ended': text('ended'),
    ':read': number(runner.plannedJob),
    ...countsAsRead(runner).values,
    ...(runner.ran === undefined ? {} : { ':ran': number(runner.ran) }),
    ...(ending.console === undefined ? {} : { ':console': text(ending.console) }),
  },
});

/** The end settles the amount that the lease counted when the runner was read, so it must not have changed. */
const countsAsRead = ({ leaseCost: cost }: Runner) => ({
  condition: cost === undefined ? 'attribute_not_exists(#expected)' : '#expected = :counted',
  values: cost === undefined ? {} : { ':counted': number(cost.expected) },
});

/** Raises what its lease counts, unless it has ended. */
export const expectMore = (
  runner: Runner,
  { expected, overrun }: Pick<LeaseCost, 'expected' | 'overrun'>,
): RunnerChange => ({
  update: `SET #expected = :expected${overrun === undefined ? '' : ', #overrun = :overrun'}`,
  condition: `#state <> :ended AND ${countsAsRead(runner).condition}`,
  values: {
    ':expected': number(expected),
    ':ended': text('ended'),
    ...(overrun === undefined ? {} : { ':overrun': number(overrun) }),
    ...countsAsRead(runner).values,
  },
});

/** The job that a machine runs, unless it has ended; and the lease meant for that job, if there is one. */
export const ran = ({ jobId, leftLease }: Run): RunnerChange => ({
  update: `SET #ran = :ran${leftLease === undefined ? '' : ', #left_lease = :left'}`,
  condition: 'attribute_exists(#state) AND #state <> :ended',
  values: {
    ':ran': number(jobId),
    ':ended': text('ended'),
    ...(leftLease === undefined ? {} : { ':left': text(leftLease) }),
  },
});
