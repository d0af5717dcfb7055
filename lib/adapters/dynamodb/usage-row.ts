/**
 * A machine's use as a row, and back. Its key is the day of the launch and the machine itself, neither of which ever
 * changes, so that a machine always has the same row. A day's rows are spread over sixteen partitions, so that none of
 * them slows down a burst of ends; within a partition a tenant's rows stand together.
 */
import { usageDays } from '../../contract/tables.ts';
import { dayOf } from '../../core/days.ts';
import { InstallationId, InstanceId, JobId, TierName } from '../../core/ids.ts';
import type { OwnRate } from '../../core/own-rates.ts';
import { type Component, components, type MachineRates } from '../../core/price.ts';
import { runnerEndReasons } from '../../core/runner.ts';
import type { RanJob, UsageKey, UsageRecord } from '../../core/usage.ts';
import { type Attributes, compact, flag, number, optional, Row, text, textList } from './attributes.ts';

const parts = [...'0123456789abcdef'];

/** All partitions of a day. */
export const partsOfDay = (day: string): string[] => parts.map((part) => `${day}#${part}`);

export const machinesOf = (installationId: InstallationId) => `${installationId}#`;

export const usageKey = ({ installationId, instanceId, launchedAt }: UsageKey): Attributes => ({
  day: text(
    `${dayOf(launchedAt)}#${parts[(instanceId.codePointAt(instanceId.length - 1) ?? 0) % parts.length]}`,
  ),
  machine: text(`${machinesOf(installationId)}${instanceId}`),
});

/** A job, as attributes of the machine's row. */
export const ranJobAttributes = (job: RanJob): Attributes =>
  compact<Attributes>({
    job_id: number(job.jobId),
    run_id: optional(job.runId, number),
    repository: optional(job.repository, text),
    workflow: optional(job.workflow, text),
    conclusion: optional(job.conclusion, text),
  });

export function usageRow(record: UsageRecord): Attributes {
  return compact<Attributes>({
    ...usageKey(record),
    installation_id: number(record.installationId),
    instance_id: text(record.instanceId),
    account: text(record.account),
    tier: text(record.tier),
    instance_type: text(record.instanceType),
    spot: flag(record.spot),
    zone: optional(record.zone, text),
    taken_back: optional(record.takenBack, flag),
    launched_at: number(record.launchedAt),
    started_at: number(record.startedAt),
    ended_at: number(record.endedAt),
    end_reason: text(record.endReason),
    seconds: number(record.seconds),
    rates: ratesValue(record.rates),
    cost: { M: Object.fromEntries(Object.entries(record.cost).map(([name, cost]) => [name, number(cost)])) },
    charge: optional(record.charge, ({ seconds, amount }) => ({
      M: { seconds: number(seconds), amount: number(amount) },
    })),
    unpriced: record.unpriced.length === 0 ? undefined : textList(record.unpriced),
    ...(record.job === undefined ? {} : ranJobAttributes(record.job)),
    expires_at: number(Math.ceil(record.endedAt / 1000) + usageDays * 24 * 60 * 60),
  });
}

export const ratesValue = ({ list, own, ...rates }: MachineRates) => ({
  M: {
    list: text(list),
    ...Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, number(rate)])),
    ...(own === undefined ? {} : { own: ownRateValue(own) }),
  },
});

const ownRateValue = ({ from, minute, roundSeconds }: OwnRate) => ({
  M: { from: text(from), minute: number(minute), round_seconds: number(roundSeconds) },
});

export function ratesOf(row: Row): MachineRates {
  const own = row.optionalMap('own');
  return {
    list: row.text('list'),
    ...amounts(row),
    ...(own === undefined ? {} : { own: ownRateOf(own) }),
  };
}

const ownRateOf = (row: Row): OwnRate => ({
  from: row.text('from'),
  minute: row.number('minute'),
  roundSeconds: row.number('round_seconds'),
});

export function usageOfRow(attributes: Attributes): UsageRecord {
  const row = new Row(`usage row ${attributes['day']?.S}/${attributes['machine']?.S}`, attributes);
  const unpriced = row.optionalTexts('unpriced') ?? [];
  const job = ranJobOfRow(row);
  const charge = row.optionalMap('charge');
  return {
    installationId: InstallationId(row.number('installation_id')),
    instanceId: InstanceId(row.text('instance_id')),
    account: row.text('account'),
    tier: TierName(row.text('tier')),
    instanceType: row.text('instance_type'),
    spot: row.flag('spot'),
    launchedAt: row.number('launched_at'),
    startedAt: row.number('started_at'),
    endedAt: row.number('ended_at'),
    endReason: row.word('end_reason', runnerEndReasons),
    seconds: row.number('seconds'),
    rates: ratesOf(row.map('rates')),
    cost: amounts(row.map('cost')),
    unpriced: components.filter((component) => unpriced.includes(component)),
    ...compact<Pick<UsageRecord, 'zone' | 'takenBack'>>({
      zone: row.optionalText('zone'),
      takenBack: row.optionalFlag('taken_back'),
    }),
    ...(charge === undefined
      ? {}
      : { charge: { seconds: charge.number('seconds'), amount: charge.number('amount') } }),
    ...(job === undefined ? {} : { job }),
  };
}

function ranJobOfRow(row: Row): RanJob | undefined {
  const jobId = row.optionalNumber('job_id');
  if (jobId === undefined) return undefined;
  return compact<RanJob>({
    jobId: JobId(jobId),
    runId: row.optionalNumber('run_id'),
    repository: row.optionalText('repository'),
    workflow: row.optionalText('workflow'),
    conclusion: row.optionalText('conclusion'),
  });
}

const amounts = (row: Row): Partial<Record<Component, number>> =>
  Object.fromEntries(
    components.flatMap((component) => {
      const amount = row.optionalNumber(component);
      return amount === undefined ? [] : [[component, amount]];
    }),
  );
