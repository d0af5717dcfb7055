/**
 * Compares what the configured tiers need with what the account allows. With a quota below one machine a tier is
 * useless; with one below a single tenant's limit, jobs wait for no reason that the tenant can see.
 */
import { type Quota, vcpuQuota } from './preflight-families.ts';

export const quotas = {
  lambda: {
    serviceCode: 'lambda',
    quotaCode: 'L-B99A9384',
    name: 'Lambda concurrent executions',
    unit: 'executions',
  },
  vpcs: { serviceCode: 'vpc', quotaCode: 'L-F678F1CE', name: 'VPCs', unit: 'VPCs' },
  addresses: {
    serviceCode: 'ec2',
    quotaCode: 'L-0263D0A3',
    name: 'Elastic IP addresses',
    unit: 'addresses',
  },
} as const satisfies Record<string, Quota>;

export interface TierNeed {
  readonly name: string;
  readonly spot: boolean;
  readonly maxRunners: number;
  /** By instance type. */
  readonly vcpus: ReadonlyMap<string, number>;
}

export interface Finding {
  readonly quota: Quota;
  /** The tiers whose machines count towards it; absent if it does not depend on tiers. */
  readonly tiers?: readonly string[];
  readonly has: number;
  /** With less than this, something cannot work at all. */
  readonly needs: number;
  /** With less than this, the account holds up one busy tenant before its own limit does. */
  readonly wants: number;
  readonly verdict: 'too small' | 'tight' | 'enough';
}

/** What the functions need: one running copy of each, and a few of those that handle bursts. */
const leastLambdaConcurrency = 10;
const goodLambdaConcurrency = 100;
/** How much concurrency AWS requires to stay unreserved, in a new account and in an older one. */
const leastUnreserved = 10;
const usualUnreserved = 100;

/** A vCPU quota, and what the tiers that count towards it need. */
export interface VcpuNeed {
  readonly quota: Quota;
  readonly tiers: readonly string[];
  readonly needs: number;
  readonly wants: number;
}

/** Grouped by the quota of each instance type's family. `unchecked`: a line for each type whose quota is unknown. */
export function vcpuNeeds(tiers: readonly TierNeed[]): {
  readonly needs: readonly VcpuNeed[];
  readonly unchecked: readonly string[];
} {
  const needs = new Map<string, VcpuNeed>();
  const unchecked: string[] = [];
  for (const { name, spot, maxRunners, vcpus } of tiers) {
    // Spot falls back to on-demand, so on-demand must have room for every tier.
    for (const market of spot ? (['on-demand', 'spot'] as const) : (['on-demand'] as const)) {
      for (const [type, count] of vcpus) {
        const quota = vcpuQuota(type, market);
        if (!quota) {
          unchecked.push(`${type} of ${name}, ${market}`);
          continue;
        }
        const before = needs.get(quota.quotaCode);
        needs.set(quota.quotaCode, {
          quota,
          tiers: [...new Set([...(before?.tiers ?? []), name])],
          needs: Math.max(before?.needs ?? 0, count),
          wants: Math.max(before?.wants ?? 0, count * maxRunners),
        });
      }
    }
  }
  return { needs: [...needs.values()], unchecked };
}

export const judgeVcpus = (need: VcpuNeed, has: number): Finding => ({
  ...finding(need.quota, has, need),
  tiers: need.tiers,
});

export const judgeLambda = (
  has: number,
  /** Reserved concurrency. */
  reserved = 0,
): Finding => finding(quotas.lambda, has, lambdaNeeds(reserved));

/** If too little is left unreserved, AWS rejects the deploy. */
const lambdaNeeds = (reserved: number) =>
  reserved === 0
    ? { needs: leastLambdaConcurrency, wants: goodLambdaConcurrency }
    : { needs: reserved + leastUnreserved, wants: reserved + usualUnreserved };

export function finding(
  quota: Quota,
  has: number,
  { needs, wants }: { needs: number; wants: number },
): Finding {
  return { quota, has, needs, wants, verdict: has < needs ? 'too small' : has < wants ? 'tight' : 'enough' };
}

/** The command that requests the recommended quota from AWS. */
export function requestCommand({ quota, wants }: Finding, region: string): string {
  return `aws service-quotas request-service-quota-increase --region ${region} --service-code ${quota.serviceCode} --quota-code ${quota.quotaCode} --desired-value ${wants}`;
}
