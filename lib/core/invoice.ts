/**
 * What a tenant owes for a month: machines that ran its jobs, at the operator's own rates, or at cost if no rate was in force.
 * A machine that ran no job is the operator's. Pure arithmetic, in whole micro-dollars.
 */
import type { InstallationId } from './ids.ts';
import type { Micros } from './micros.ts';
import type { Charge } from './own-rates.ts';
import type { UsageSum } from './usage-sum.ts';

export interface Invoice {
  readonly installationId: InstallationId;
  readonly account: string;
  /** `2026-11`. */
  readonly month: string;
  /** The most expensive first. */
  readonly lines: readonly InvoiceLine[];
  /** Minutes that cost nothing; `amount` is what is subtracted. */
  readonly free: { readonly minutes: number; readonly amount: Micros };
  readonly total: Micros;
}

export interface InvoiceLine {
  readonly tier: string;
  /** Absent: not known. */
  readonly repository?: string;
  readonly workflow?: string;
  readonly jobs: number;
  readonly minutes: number;
  readonly basis: 'own rate' | 'cost';
  readonly amount: Micros;
}

export interface InvoiceOf {
  readonly installationId: InstallationId;
  readonly account: string;
  readonly month: string;
  readonly freeMinutes: number;
}

/** @param sums of the one tenant, of the month's days */
export function invoiceOf(sums: readonly UsageSum[], { freeMinutes, ...of }: InvoiceOf): Invoice {
  const ran = sums.filter(({ work }) => work !== undefined);
  const lines = [...Map.groupBy(ran, lineKey).values()].flatMap(linesOf);
  const free = freeOf(ran, freeMinutes * 60);
  const total = lines.reduce((all, { amount }) => all + amount, 0) - free.amount;
  return { ...of, lines: lines.toSorted((one, other) => other.amount - one.amount), free, total };
}

const lineKey = ({ tier, work }: UsageSum) => JSON.stringify([tier, work?.repository, work?.workflow]);

function linesOf(group: readonly UsageSum[]): InvoiceLine[] {
  const { tier, work } = group[0]!;
  const jobs = group.reduce((all, sum) => all + sum.jobs, 0);
  const about = { tier, ...work, jobs };
  const bases = [
    ['own rate', group.map(({ owed }) => owed.own)],
    ['cost', group.map(({ owed }) => owed.cost)],
  ] as const;
  const found = bases.map(([basis, charges]) => ({ basis, ...addUp(charges) }));
  const used = found.filter(({ seconds, amount }) => seconds > 0 || amount > 0);
  return used.map(({ basis, seconds, amount }, n) => ({
    ...about,
    // A month in which a rate came into force has two lines; jobs are counted once.
    jobs: n === 0 ? jobs : 0,
    minutes: minutesOf(seconds),
    ...{ basis, amount },
  }));
}

const addUp = (charges: readonly Charge[]): Charge => ({
  seconds: charges.reduce((all, { seconds }) => all + seconds, 0),
  amount: charges.reduce((all, { amount }) => all + amount, 0),
});

/** Free minutes are the first ones of the month, by day, and within a day by tier, repository and workflow. */
function freeOf(sums: readonly UsageSum[], freeSeconds: number): Invoice['free'] {
  let left = freeSeconds;
  let amount = 0;
  const key = (sum: UsageSum) => `${sum.day} ${lineKey(sum)}`;
  for (const { owed } of sums.toSorted((one, other) => (key(one) < key(other) ? -1 : 1))) {
    const used = Math.min(left, owed.own.seconds);
    if (used === 0) continue;
    amount += Math.round((owed.own.amount * used) / owed.own.seconds);
    left -= used;
  }
  return { minutes: minutesOf(freeSeconds - left), amount };
}

/** To the hundredth. */
const minutesOf = (seconds: number) => Math.round((seconds / 60) * 100) / 100;
