/**
 * What an account must allow for the configured tiers, against what it does allow. A quota below one machine makes a tier
 * useless; one below what a single tenant may use makes its jobs wait for no reason that the tenant can see.
 */
export interface Quota {
  readonly serviceCode: 'ec2' | 'lambda' | 'vpc';
  readonly quotaCode: string;
  readonly name: string;
  readonly unit: 'vCPU' | 'executions' | 'VPCs' | 'addresses';
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
/** What AWS wants to be left for functions without a share, in a new account and in an older one. */
const leastUnreserved = 10;
const usualUnreserved = 100;

export function judgeQuotas(
  tiers: readonly TierNeed[],
  has: Readonly<Record<'onDemand' | 'spot' | 'lambda', number>>,
  /** Copies that are set aside for functions. */
  reserved = 0,
): Finding[] {
  const spotTiers = tiers.filter(({ spot }) => spot);
  return [
    // Spot falls back to on-demand, so on-demand must have room for every tier.
    finding(quotas.onDemand, has.onDemand, vcpuNeeds(tiers)),
    ...(spotTiers.length > 0 ? [finding(quotas.spot, has.spot, vcpuNeeds(spotTiers))] : []),
    finding(quotas.lambda, has.lambda, lambdaNeeds(reserved)),
  ];
}

/** Too few for the shares, and AWS refuses the deploy. */
const lambdaNeeds = (reserved: number) =>
  reserved === 0
    ? { needs: leastLambdaConcurrency, wants: goodLambdaConcurrency }
    : { needs: reserved + leastUnreserved, wants: reserved + usualUnreserved };

function vcpuNeeds(tiers: readonly TierNeed[]): { needs: number; wants: number } {
  return {
    needs: Math.max(0, ...tiers.map(({ vcpus }) => vcpus)),
    wants: Math.max(0, ...tiers.map(({ vcpus, maxRunners }) => vcpus * maxRunners)),
  };
}

export function finding(
  quota: Quota,
  has: number,
  { needs, wants }: { needs: number; wants: number },
): Finding {
  return { quota, has, needs, wants, verdict: has < needs ? 'too small' : has < wants ? 'tight' : 'enough' };
}

/** The command that asks AWS for what is wanted. */
export function requestCommand({ quota, wants }: Finding, region: string): string {
  return `aws service-quotas request-service-quota-increase --region ${region} --service-code ${quota.serviceCode} --quota-code ${quota.quotaCode} --desired-value ${wants}`;
}
