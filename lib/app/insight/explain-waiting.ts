/**
 * Explains why a job waits, by evaluating the platform's own rules again: a stored reason may be minutes old. What the rules
 * cannot see (which pools are empty, whose turn it is) comes from the stored reason and from the shared notes.
 */
import { judge } from '../../core/admission.ts';
import { fullReason } from '../../core/balance-plan.ts';
import { durationText } from '../../core/duration-text.ts';
import { type Job, waitsSince } from '../../core/job.ts';
import { isResting } from '../../core/job-rest.ts';
import { rateRoom } from '../../core/launch-rate.ts';
import type { Closing } from '../../core/pools.ts';
import { type Reason, type ReasonCode, reason, unexplainedSeconds } from '../../core/reason.ts';
import { roomFor } from '../../core/room.ts';
import { mayflyAdds } from '../../core/runner-group.ts';
import { leasesOf } from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import { tenantTierKey } from '../../core/tenant-tier.ts';
import type { Tier } from '../../core/tier.ts';
import { tierLimit } from '../../core/tier-limit.ts';
import { spendRoom } from '../common/lease-cost.ts';
import { throttledReason } from '../launch/supply.ts';
import type { Estimate, Verdict } from './explanation.ts';
import type { Facts } from './facts.ts';
import { guidanceOf } from './guidance.ts';
import { historyOf, untilFree, untilStart } from './history.ts';

export function explainWaiting(facts: Facts, job: Job): Verdict {
  const tier = facts.platform.tiers.find(({ name }) => name === job.tier);
  if (!tier) return tierRemoved(facts, job);
  const { tenant, group } = facts;
  const verdict = judge(tenant, tier, job, group);
  if (verdict.kind !== 'admit') return ofReason(facts, job, verdict.reason);
  if (!tenant) throw new Error('A job without a tenant is never admitted.');
  return (
    restVerdict(facts, job) ??
    spendVerdict(facts, { tenant, tier, job }) ??
    limitVerdict(facts, { tenant, tier, job }) ??
    supplyVerdict(facts, { tenant, tier, job }) ??
    freeVerdict(facts, job)
  );
}

interface Here {
  readonly tenant: Tenant;
  readonly tier: Tier;
  readonly job: Job;
}

/** A verdict from the reason's own sentence and the guidance for its code. */
export function ofReason(facts: Facts, job: Job, why: Reason, estimate?: Estimate): Verdict {
  const guidance = guidanceOf(why.code, {
    tenant: facts.tenant?.accountLogin ?? String(job.installationId),
    tier: job.tier ?? 'none',
    ofPlatform: job.admission?.ofPlatform ?? false,
    mayflyAddsRepository:
      facts.tenant !== undefined && mayflyAdds(facts.tenant, { ...job, group: facts.group }),
  });
  const found = estimate ?? probeEstimate(facts, why.code);
  return { code: why.code, line: why.text, ...guidance, ...(found ? { estimate: found } : {}) };
}

/** While all jobs of a tenant are held, one machine retries at the time in the tenant's row. */
function probeEstimate({ tenant, now }: Facts, code: ReasonCode): Estimate | undefined {
  const { attention } = tenant ?? {};
  if (attention?.code !== code) return undefined;
  return at(attention.probeAt, now, 'one machine retries then (attention_probe_at of the tenant)');
}

const at = (time: number, now: number, basis: string): Estimate => ({
  seconds: Math.max(1, Math.round((time - now) / 1000)),
  basis,
});

function tierRemoved({ platform }: Facts, { tier, labels }: Job): Verdict {
  return {
    code: 'tier-removed',
    line: `Its tier ${tier ?? ''} is no longer in the configuration, so nothing processes its jobs.`,
    next: 'If another tier has its labels, the sweep moves it there within minutes. Otherwise it expires after limits.waitSeconds.',
    fix: `Configure the tier again and deploy, or re-run the job with labels of ${platform.tiers.map(({ name }) => name).join(', ')} (it asks for ${labels.join(', ')}).`,
    who: 'operator',
  };
}

function restVerdict(facts: Facts, job: Job): Verdict | undefined {
  const { now } = facts;
  if (!isResting(job, now) || job.retryAt === undefined) return undefined;
  const why = job.reason ?? reason('runners-lost', 'Its machines ended without running it.');
  const verdict = ofReason(
    facts,
    job,
    why,
    at(job.retryAt, now, 'the end of its pause (retry_at of its row)'),
  );
  const last = facts.former?.runner;
  if (why.code !== 'runners-lost' || !last) return verdict;
  return { ...verdict, fix: (verdict.fix ?? '').replace('INSTANCE', last.instanceId) };
}

/** Whether the spend caps have room for it after the jobs before it. */
function spendVerdict(
  { now, platform, line, ...facts }: Facts,
  { tenant, tier, job }: Here,
): Verdict | undefined {
  const bound = spendRoom(platform, { tenant, tier, now, exact: true });
  if (!bound || bound.machines > (line?.ahead ?? 0)) return undefined;
  const estimate =
    bound.until === undefined ? undefined : at(bound.until, now, 'the end of the cap’s day or month');
  return ofReason({ now, platform, ...facts }, job, bound.reason, estimate);
}

/** Whether the tenant's own limits have room for it after the jobs before it. */
function limitVerdict(facts: Facts, { tenant, tier, job }: Here): Verdict | undefined {
  const { now, line = { ahead: 0, recent: [] } } = facts;
  const room = roomFor(tenant, tier);
  const inTier = tenant.tierLeases.get(tier.name) ?? 0;
  if (room.machines > line.ahead) return undefined;
  const limit = room.limitedBy === 'tenant' ? tenant.maxRunners : tierLimit(tenant, tier);
  if (limit < 1) {
    const next = 'It starts within a minute after the operator has raised the limit.';
    return { ...ofReason(facts, job, fullReason(tenant, tier, room)), next, who: 'operator' };
  }
  const estimate = line.isCut
    ? undefined
    : untilFree(historyOf(line.recent, tier.name), {
        ahead: line.ahead,
        // Any machine of the tenant, or of the tier, may become free for it.
        machines: room.machines + (room.limitedBy === 'tenant' ? tenant.leases : inTier),
        now,
      });
  const verdict = ofReason(facts, job, fullReason(tenant, tier, room), estimate);
  if (line.ahead === 0) return verdict;
  const others = `${line.isCut ? 'At least ' : ''}${counted(line.ahead, 'job comes', 'jobs come')}`;
  return { ...verdict, line: `${verdict.line} ${others} first.` };
}

function supplyVerdict(facts: Facts, here: Here): Verdict | undefined {
  return (
    capVerdict(facts, here) ??
    rateVerdict(facts, here) ??
    closedVerdict(facts, here) ??
    pacedVerdict(facts, here)
  );
}

function capVerdict(facts: Facts, { tenant, job }: Here): Verdict | undefined {
  for (const { cap, use } of facts.supply?.caps ?? []) {
    if (leasesOf(use) < cap.machines) continue;
    const line = use.waiters.toSorted((a, b) => a.since - b.since);
    const place = job.tier && tenantTierKey({ installationId: tenant.installationId, tier: job.tier });
    const n = line.findIndex((waiter) => tenantTierKey(waiter) === place);
    const what = cap.tier === undefined ? 'runners' : `${cap.tier} runners`;
    const text = `All ${cap.machines} ${what} that all tenants share are in use${n < 0 ? '' : `; ${tenant.accountLogin} is number ${n + 1} of ${line.length} in the line for the next one`}.`;
    return ofReason(facts, job, reason('shared-cap', text));
  }
  return undefined;
}

function rateVerdict(facts: Facts, { tenant, job }: Here): Verdict | undefined {
  const { now, platform } = facts;
  const rate = platform.caps.launchesPerMinutePerTenant;
  if (rateRoom(tenant, rate, now) > 0) return undefined;
  const text = `${tenant.accountLogin} reached its limit of machines started within a minute (${Math.max(rate, tenant.maxRunners)}).`;
  const share = 60_000 / Math.max(1, rate, tenant.maxRunners);
  const free = (tenant.rateUsedUntil ?? now) - 60_000 + share;
  return ofReason(
    facts,
    job,
    reason('launch-rate', text),
    at(free, now, 'rate_from and rate_used of the tenant'),
  );
}

/** Reasons that balance stored because of pools. */
const ofPools: readonly ReasonCode[] = ['capacity', 'quota', 'launch-failed'];

function closedVerdict(facts: Facts, { tier, job }: Here): Verdict | undefined {
  const { now } = facts;
  const open = Object.entries(facts.supply?.closings ?? {}).filter(([, { until }]) => until > now);
  const markets = tier.spot ? ['spot', 'on-demand'] : ['on-demand'];
  const find = (name: string) => open.find(([known]) => known === name)?.[1];
  const fatal = find(tier.name);
  if (fatal) return closed(facts, job, fatal);
  const quotas = markets.map((market) => find(`${market}:${tier.name}`));
  const quota = quotas.every((closing) => closing !== undefined) ? soonest(quotas) : undefined;
  if (quota) return closed(facts, job, quota);
  // The configuration does not say which zones exist: only the platform itself can have found all pools dry.
  if (!job.reason || !ofPools.includes(job.reason.code)) return undefined;
  const own = open.filter(
    ([name]) =>
      tier.instanceTypes.some((type) => name.includes(`:${type}:`)) || name.endsWith(`:${tier.name}`),
  );
  const next = soonest(own.map(([, closing]) => closing));
  return (
    next &&
    ofReason(facts, job, job.reason, at(next.until, now, `the next pool is tried again then (${next.code})`))
  );
}

function closed(facts: Facts, job: Job, { cause, code, until }: Closing): Verdict {
  const why =
    cause === 'quota'
      ? reason('quota', `The AWS account is at its quota for such machines (${code}).`)
      : reason('launch-failed', `AWS refuses to launch machines of this tier (${code}).`);
  return ofReason(facts, job, why, at(until, facts.now, `EC2 is asked again then (${code})`));
}

const soonest = (closings: readonly (Closing | undefined)[]): Closing | undefined =>
  closings.filter((one) => one !== undefined).toSorted((a, b) => a.until - b.until)[0];

function pacedVerdict(facts: Facts, { tenant, job }: Here): Verdict | undefined {
  const turn = job.tier && facts.supply?.pace?.turns[tenantTierKey({ ...tenant, tier: job.tier })];
  if (!turn || turn.at <= facts.now) return undefined;
  return ofReason(
    facts,
    job,
    throttledReason,
    at(turn.at, facts.now, 'its place in the line for calls to EC2'),
  );
}

/** Nothing prevents it from starting. */
function freeVerdict(facts: Facts, job: Job): Verdict {
  const { now, line } = facts;
  const code = job.reason?.code ?? 'queued';
  const waited = (now - Math.max(waitsSince(job), job.retryAt ?? 0)) / 1000;
  if (code === 'queued' && waited > unexplainedSeconds) {
    return {
      code: 'not-acted-on',
      line: `Nothing blocks it, but it has not been checked for ${durationText(waited)}.`,
      next: 'The sweep checks every waiting job each minute, if it runs.',
      fix: 'Check whether sweep and scale-up run: the alarms sweep-stopped, function-errors and function-throttles of the runbook, and the dead letters (npx mayfly dead-letters).',
      who: 'operator',
    };
  }
  const why =
    code === 'queued' || isPassing(code)
      ? (job.reason ?? reason('queued', 'It was just accepted.'))
      : reason('queued', `What it waited for (${code}) is over; nothing blocks it now.`);
  const tierName = job.tier;
  const estimate = tierName && untilStart(historyOf(line?.recent ?? [], tierName));
  return ofReason(facts, job, why, estimate || undefined);
}

/** Codes that say what happened, not why the job still waits. */
const isPassing = (code: ReasonCode) =>
  ['runner-ended', 'runner-taken', 'runner-taken-by-unknown-job'].includes(code);

const counted = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;
