/**
 * What an account must allow for the configured tiers, against what it does allow. A quota below one machine makes a tier
 * useless; one below what a single tenant may use makes its jobs wait for no reason that the tenant can see.
 */
export interface Quota {
  readonly serviceCode: 'ec2' | 'lambda';
  readonly quotaCode: string;
  readonly name: string;
  readonly unit: 'vCPU' | 'executions';
}

export const quotas = {
  onDemand: {
    serviceCode: 'ec2',
    quotaCode: 'L-1216C47A',
    name: 'EC2 on-demand standard instances',
    unit: 'vCPU',
  },
  spot: { serviceCode: 'ec2', quotaCode: 'L-34B43A08', name: 'EC2 spot standard instances', unit: 'vCPU' },
  lambda: {
    serviceCode: 'lambda',
    quotaCode: 'L-B99A9384',
    name: 'Lambda concurrent executions',
    unit: 'executions',
  },
} as const satisfies Record<string, Quota>;

export interface TierNeed {
  readonly name: string;
  readonly spot: boolean;
  readonly maxRunners: number;
  /** Of its largest instance type. */
  readonly vcpus: number;
}

export interface Finding {
  readonly quota: Quota;
  readonly has: number;
  /** Below this something cannot work at all. */
  readonly needs: number;
  /** Below this one busy tenant is held up by the account instead of by its limit. */
  readonly wants: number;
  readonly verdict: 'too small' | 'tight' | 'enough';
}

/** What the functions need: one copy of each at work, and a few of those that bursts hit. */
const leastLambdaConcurrency = 10;
const goodLambdaConcurrency = 100;

export function judgeQuotas(
  tiers: readonly TierNeed[],
  has: Readonly<Record<keyof typeof quotas, number>>,
): Finding[] {
  const spotTiers = tiers.filter(({ spot }) => spot);
  return [
    // Spot falls back to on-demand, so on-demand must have room for every tier.
    finding(quotas.onDemand, has.onDemand, vcpuNeeds(tiers)),
    ...(spotTiers.length > 0 ? [finding(quotas.spot, has.spot, vcpuNeeds(spotTiers))] : []),
    finding(quotas.lambda, has.lambda, { needs: leastLambdaConcurrency, wants: goodLambdaConcurrency }),
  ];
}

function vcpuNeeds(tiers: readonly TierNeed[]): { needs: number; wants: number } {
  return {
    needs: Math.max(0, ...tiers.map(({ vcpus }) => vcpus)),
    wants: Math.max(0, ...tiers.map(({ vcpus, maxRunners }) => vcpus * maxRunners)),
  };
}

function finding(quota: Quota, has: number, { needs, wants }: { needs: number; wants: number }): Finding {
  return { quota, has, needs, wants, verdict: has < needs ? 'too small' : has < wants ? 'tight' : 'enough' };
}

/** The command that asks AWS for what is wanted. */
export function requestCommand({ quota, wants }: Finding, region: string): string {
  return `aws service-quotas request-service-quota-increase --region ${region} --service-code ${quota.serviceCode} --quota-code ${quota.quotaCode} --desired-value ${wants}`;
}
