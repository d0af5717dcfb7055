/** A runner as a row, and back. It is in no index: its launch names it for as long as it can be overdue. */
import { InstallationId, InstanceId, JobId, LaunchId, LeaseId, TierName } from '../../core/ids.ts';
import { type Runner, runnerEndReasons } from '../../core/runner.ts';
import { accountOf, accountValue } from './account-value.ts';
import { type Attributes, compact, flag, number, optional, Row, text, textList } from './attributes.ts';
import { expiresAt } from './job-row.ts';
import { leaseCostOfRow, leaseCostRow } from './spend-row.ts';
import { ratesOf, ratesValue } from './usage-row.ts';

export const runnerKey = (instanceId: InstanceId): Attributes => ({ instance_id: text(instanceId) });

export function runnerRow(runner: Runner): Attributes {
  const ended = runner.state === 'ended';
  return compact<Attributes>({
    ...runnerKey(runner.instanceId),
    installation_id: number(runner.installationId),
    tier: text(runner.tier),
    launch_id: text(runner.launchId),
    lease: text(runner.lease),
    state: text(runner.state),
    planned_job: number(runner.plannedJob),
    ran: optional(runner.ran, number),
    left_lease: optional(runner.leftLease, text),
    unknown_run_at: optional(runner.unknownRunAt, number),
    repository: text(runner.repository),
    account: accountValue(runner.account),
    ...leaseCostRow(runner.leaseCost),
    cap_rows: optional(runner.capRows, textList),
    instance_type: text(runner.instanceType),
    spot: flag(runner.spot),
    zone: optional(runner.zone, text),
    rates: optional(runner.rates, ratesValue),
    nonce: optional(runner.nonce, text),
    deadline: number(runner.deadline),
    launched_at: number(runner.launchedAt),
    started_at: optional(runner.startedAt, number),
    running_at: optional(runner.runningAt, number),
    claimed_at: optional(runner.claimedAt, number),
    listening_at: optional(runner.listeningAt, number),
    gated: optional(runner.gated, flag),
    gate_required_at: optional(runner.gateRequiredAt, number),
    ended_at: optional(runner.endedAt, number),
    end_reason: optional(runner.endReason, text),
    console: optional(runner.console, text),
    expires_at: ended ? expiresAt(runner.endedAt ?? runner.launchedAt) : undefined,
  });
}

export function runnerOfRow(attributes: Attributes): Runner {
  const row = new Row(`runners row ${attributes['instance_id']?.S}`, attributes);
  const ran = row.optionalNumber('ran');
  const leftLease = row.optionalText('left_lease');
  const rates = row.optionalMap('rates');
  return compact<Runner>({
    instanceId: InstanceId(row.text('instance_id')),
    installationId: InstallationId(row.number('installation_id')),
    tier: TierName(row.text('tier')),
    launchId: LaunchId(row.text('launch_id')),
    lease: LeaseId(row.text('lease')),
    state: row.word('state', ['booting', 'claimed', 'listening', 'ended']),
    plannedJob: JobId(row.number('planned_job')),
    ran: ran === undefined ? undefined : JobId(ran),
    leftLease: leftLease === undefined ? undefined : LeaseId(leftLease),
    unknownRunAt: row.optionalNumber('unknown_run_at'),
    repository: row.text('repository'),
    account: accountOf(row),
    capRows: row.optionalTexts('cap_rows'),
    leaseCost: leaseCostOfRow(row),
    instanceType: row.text('instance_type'),
    spot: row.flag('spot'),
    zone: row.optionalText('zone'),
    rates: rates && ratesOf(rates),
    nonce: row.optionalText('nonce'),
    deadline: row.number('deadline'),
    launchedAt: row.number('launched_at'),
    startedAt: row.optionalNumber('started_at'),
    runningAt: row.optionalNumber('running_at'),
    claimedAt: row.optionalNumber('claimed_at'),
    listeningAt: row.optionalNumber('listening_at'),
    gated: row.optionalFlag('gated'),
    gateRequiredAt: row.optionalNumber('gate_required_at'),
    endedAt: row.optionalNumber('ended_at'),
    endReason: row.optionalWord('end_reason', runnerEndReasons),
    console: row.optionalText('console'),
  });
}
