/**
 * How many machines a tenant's spend caps leave room for, and the reason for jobs that wait for more. `LaunchStore.take`
 * checks the caps again as it writes.
 */
import type { Bound } from './balance-plan.ts';
import { dayOf, monthOf, nextDay, nextMonth } from './days.ts';
import { dollarAmount, type Micros } from './micros.ts';
import { reason } from './reason.ts';
import { hasCap, spentIn } from './spend.ts';
import type { LeaseCost } from './spend-counts.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';
import { type PricePlace, unpricedTypes } from './tier-price.ts';

export interface SpendQuestion {
  readonly tenant: Tenant;
  readonly tier: Tier;
  readonly place: PricePlace;
  readonly cost: LeaseCost;
  readonly now: number;
  /** What is over the cap is refused, once no machine runs that may cost less than expected. */
  readonly refuses: boolean;
  /** To the cent, for who asks; else to the hundredth of the cap, so that stored sentences do not change with each job. */
  readonly exact?: boolean;
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

/** `until`: then its day or month is over. Absent: nothing but the operator changes it. */
export type SpendBound = Bound & { readonly until?: number };

/** Undefined: the tenant has no cap. */
export function spendBound(question: SpendQuestion): SpendBound | undefined {
  const { tenant, cost } = question;
  if (!hasCap(tenant)) return undefined;
  const never = (text: string) => ({ machines: 0, reason: reason('spend-cap', text), passesByItself: false });
  if (tenant.caps?.unreadable !== undefined) return never(unreadableText(tenant, tenant.caps.unreadable));
  if (cost.ceiling === undefined) return never(unpricedText(question));
  const [tightest] = standings(question).toSorted((a, b) => roomOf(a, cost) - roomOf(b, cost));
  if (!tightest) return undefined;
  const machines = roomOf(tightest, cost);
  return {
    machines,
    reason: reason('spend-cap', overText(question, reserved(question, tightest, machines))),
    passesByItself: false,
    refuses: question.refuses && tenant.leases + machines === 0,
    ...(cost.expected > tightest.cap ? {} : { until: tightest.until }),
  };
}

/** The month first: of two that leave the same room it is the one that lasts. */
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

const roomOf = ({ cap, spent }: Standing, { expected }: LeaseCost) =>
  Math.max(0, Math.floor((cap - spent) / Math.max(1, expected)));

/** Whoever waits for more does so once this room is used. */
const reserved = ({ exact, cost }: SpendQuestion, standing: Standing, machines: number): Standing =>
  exact ? standing : { ...standing, spent: standing.spent + machines * cost.expected };

function overText({ tenant, tier, cost, exact }: SpendQuestion, standing: Standing): string {
  const { attribute, cap, period, until } = standing;
  const what = `${attribute === 'spend_cap' ? 'monthly' : 'daily'} spend cap (${attribute})`;
  const next = `one more ${tier.name} machine may cost ${dollarAmount(cost.expected)}`;
  const raise = `the operator raises ${attribute}`;
  if (cost.expected > cap) {
    return `${tenant.accountLogin} has a ${what} of ${dollarAmount(cap)}, and ${next}: the job starts when ${raise}.`;
  }
  return (
    `${tenant.accountLogin} has used or reserved ${usedText(standing, exact)} of the ${dollarAmount(cap)} of its ${what} ` +
    `for ${period}, and ${next}. The job starts on ${dayOf(until)} (UTC), when machines end that cost less than reserved, or when ${raise}.`
  );
}

function usedText({ spent, cap }: Standing, exact: boolean | undefined): string {
  if (exact) return dollarAmount(spent);
  if (spent >= cap) return 'all';
  const hundredths = Math.floor((spent * 100) / cap);
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
