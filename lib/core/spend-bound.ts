/**
 * How many machines a tenant's spend caps leave room for, and the reason for jobs that wait for more.
 * `LaunchStore.take` checks the caps again when it writes.
 */
import type { Bound } from './balance-plan.ts';
import { dayOf, monthOf, nextDay, nextMonth } from './days.ts';
import { dollarAmount, type Micros } from './micros.ts';
import { reason } from './reason.ts';
import { hasCap, spentIn } from './spend.ts';
import type { LeaseCost } from './spend-counts.ts';
import { type Held, machinesSurelyWithin, machinesWithin, reserveFor } from './spend-reserve.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';
import { type PricePlace, unpricedTypes } from './tier-price.ts';

export interface SpendQuestion {
  readonly tenant: Tenant;
  readonly tier: Tier;
  readonly place: PricePlace;
  readonly cost: LeaseCost;
  /** For leases that may cost more than expected; absent: none may. */
  readonly reserve?: Reserve;
  readonly now: number;
  /** Jobs over the cap are refused, once no machine runs that could end below its expected cost. */
  readonly refuses: boolean;
  /**
   * Whether the reason has amounts to the cent, for somebody who asks now. Otherwise they are in hundredths of the cap, so
   * that a stored reason does not change with each job.
   */
  readonly exact?: boolean;
}

export interface Reserve {
  /** The held leases that were taken in this month or on this day. */
  heldIn(period: string): readonly Held[];
  /** What these cost if each machine reaches the longest life. */
  longestIn(period: string): Micros;
  /** One lease of the most expensive tier, which another copy may take at the same moment. */
  readonly dearest: Held;
  /** The lease to be taken now. */
  readonly next: Held;
  readonly longestSeconds: number;
}

/** A cap, and how it stands. */
interface Standing {
  readonly attribute: 'spend_cap' | 'daily_cap';
  readonly period: string;
  readonly cap: Micros;
  readonly spent: Micros;
  /** Epoch milliseconds. */
  readonly until: number;
}

export type SpendBound = Bound & {
  /** When its day or month is over, epoch milliseconds. Absent: only the operator can change it. */
  readonly until?: number;
  /**
   * Whether leases may cost enough beyond their expected cost to exceed the cap. Then a launch must fail if any lease was
   * taken or freed since the tenant was read.
   */
  readonly asRead: boolean;
};

/** Undefined: the tenant has no cap. */
export function spendBound(question: SpendQuestion): SpendBound | undefined {
  const { tenant, cost } = question;
  if (!hasCap(tenant)) return undefined;
  const never = (text: string) => ({
    ...{ machines: 0, reason: reason('spend-cap', text), passesByItself: false, asRead: false },
  });
  if (tenant.caps?.unreadable !== undefined) return never(unreadableText(tenant, tenant.caps.unreadable));
  if (cost.ceiling === undefined) return never(unpricedText(question));
  const all = standings(question).map((standing) => ({ standing, room: roomIn(question, standing) }));
  const [tightest] = all.toSorted((a, b) => a.room.machines - b.room.machines);
  if (!tightest) return undefined;
  const { standing, room } = tightest;
  return {
    machines: room.machines,
    reason: reason('spend-cap', overText(question, tightest)),
    passesByItself: false,
    refuses: question.refuses && tenant.leases + room.machines === 0,
    asRead: all.some(({ room: { mayMatter } }) => mayMatter),
    ...(room.next > standing.cap ? {} : { until: standing.until }),
  };
}

/** The month comes first: if both leave the same room, the month's cap applies for longer. */
export function standings({ tenant, now }: { tenant: Tenant; now: number }): Standing[] {
  const { month, day } = tenant.caps ?? {};
  const [ofMonth, ofDay] = [monthOf(now), dayOf(now)];
  const standing = (rest: Omit<Standing, 'spent'>): Standing => ({
    ...rest,
    spent: Math.max(0, spentIn(tenant, rest.period)),
  });
  return [
    ...(month === undefined
      ? []
      : [standing({ attribute: 'spend_cap', period: ofMonth, cap: month, until: nextMonth(now) })]),
    ...(day === undefined
      ? []
      : [standing({ attribute: 'daily_cap', period: ofDay, cap: day, until: nextDay(now) })]),
  ];
}

interface SpendRoom {
  readonly machines: number;
  /** What is spent, expected and reserved, before a machine is taken. */
  readonly used: Micros;
  /** What one more machine may cost. */
  readonly next: Micros;
  /** Whether the cost of leases beyond their expected cost can fill the cap. */
  readonly mayMatter: boolean;
}

/** How many machines the cap has room for, by their expected cost and by what they may cost beyond it. */
function roomIn({ tenant, cost, reserve }: SpendQuestion, { cap, spent, period }: Standing): SpendRoom {
  const expected = Math.max(0, Math.floor((cap - spent) / Math.max(1, cost.expected)));
  const byCount = { machines: expected, used: spent, next: cost.expected, mayMatter: false };
  if (!reserve) return byCount;
  const { next, longestSeconds } = reserve;
  const counted = inPeriod(tenant.held?.expected, period);
  const overrun = inPeriod(tenant.held?.overrun, period);
  if (cost.strict && counted >= overrun + reserve.longestIn(period)) return byCount;
  const held = reserve.heldIn(period);
  const reserved = { held, next, longestSeconds };
  // Overruns count in full: the reserve assumes no life beyond the longest.
  const settled = Math.max(0, spent - counted) + overrun;
  const wanted = Math.min(expected, tenant.maxRunners - tenant.leases);
  const surely = (next: Held) => machinesSurelyWithin(cap - settled, { ...reserved, next });
  if (wanted <= surely(next) && tenant.maxRunners - tenant.leases <= surely(reserve.dearest)) return byCount;
  const machines = machinesWithin(cap - settled, reserved);
  if (wanted <= machines) return { ...byCount, mayMatter: true };
  const [now, withNext] = [held, [...held, next]].map((group) => reserveFor(group, longestSeconds));
  return {
    machines,
    used: Math.max(spent, settled + now!),
    next: Math.max(cost.expected, withNext! - now!),
    mayMatter: true,
  };
}

/** The sum over the days of a month, or of one day. */
const inPeriod = (amounts: ReadonlyMap<string, Micros> | undefined, period: string): Micros =>
  [...(amounts ?? [])].reduce((sum, [day, micros]) => sum + (day.startsWith(period) ? micros : 0), 0);

function overText(
  { tenant, tier, exact }: SpendQuestion,
  { standing, room }: { standing: Standing; room: SpendRoom },
): string {
  const { attribute, cap, period, until } = standing;
  const what = `${attribute === 'spend_cap' ? 'monthly' : 'daily'} spend cap (${attribute})`;
  const next = `one more ${tier.name} machine may cost ${dollarAmount(room.next)}`;
  const raise = `the operator raises ${attribute}`;
  // The reason is for a job that waits behind the machines for which there is room.
  const used = exact ? room.used : room.used + room.machines * room.next;
  if (room.next > cap) {
    return `${tenant.accountLogin} has a ${what} of ${dollarAmount(cap)}, and ${next}: the job starts when ${raise}.`;
  }
  return (
    `${tenant.accountLogin} has used or reserved ${usedText({ used, cap }, exact)} of the ${dollarAmount(cap)} of its ${what} ` +
    `for ${period}, and ${next}. The job starts on ${dayOf(until)} (UTC), when machines end that cost less than reserved, or when ${raise}.`
  );
}

function usedText({ used, cap }: { used: Micros; cap: Micros }, exact: boolean | undefined): string {
  if (exact) return dollarAmount(used);
  if (used >= cap) return 'all';
  const hundredths = Math.floor((used * 100) / cap);
  return hundredths === 0 ? 'some' : `more than ${dollarAmount(Math.floor((cap * hundredths) / 100))}`;
}

const unreadableText = ({ accountLogin }: Tenant, what: string) =>
  `The spend cap of ${accountLogin} cannot be read: ${what} Its jobs start once the operator has corrected or removed it.`;

function unpricedText({ tenant, tier, place }: SpendQuestion): string {
  const types = unpricedTypes(place, tier).join(', ') || 'machines';
  return (
    `${tenant.accountLogin} has a spend cap, and Mayfly has no price for ${types} of the tier ${tier.name} in ${place.region}: a cap ` +
    'cannot be enforced without prices. The job starts when the operator removes the cap, or gives the tier other instance types.'
  );
}
