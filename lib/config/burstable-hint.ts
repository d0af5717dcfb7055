/** Warns at synth what burstable machines cost while their processors are busy, which the hourly price does not show. */
import { isBurstable, surplusPerHour } from '../core/burstable.ts';
import { dollars, type Micros } from '../core/micros.ts';
import { onDemandPrice, pricesInForce } from '../core/price-list.ts';
import type { Tier } from '../core/tier.ts';
import type { CheckedConfig } from './check-config.ts';
import type { MachineSettings } from './check-machines.ts';

const allBusy = 1000;

/** @returns undefined where no tier has burstable machines that are charged for more than their list price */
export function burstableHint({ deployment, machines }: CheckedConfig): string | undefined {
  const { region, prices } = deployment;
  // A custom price list has only the types of the tiers.
  const priceOf: PriceOf = (type) =>
    pricesInForce(region, prices).onDemand(type) ?? onDemandPrice(region, type);
  const lines = deployment.tiers.flatMap((tier) => tierLines(priceOf, tier, machines.get(tier.name)));
  if (lines.length === 0) return undefined;
  return (
    `On demand, an hour at full CPU costs, surplus credits included: ${lines.join('; ')}. Choose other instance types, or ` +
    'set cpuCredits: \'standard\', which slows machines down instead; docs/CONFIGURATION.md, "Burstable types".'
  );
}

type PriceOf = (instanceType: string) => Micros | undefined;

function tierLines(priceOf: PriceOf, tier: Tier, machine: MachineSettings | undefined): string[] {
  return tier.instanceTypes.filter(isBurstable).flatMap((type) => {
    const list = priceOf(type);
    const surplus = surplusPerHour(type, allBusy, machine?.cpuCredits);
    if (list === undefined || surplus === 0) return [];
    const other = steadyType(type, tier.architecture);
    const price = priceOf(other);
    const against = price === undefined ? '' : `, ${other} ${dollars(price)}`;
    return [`${type} (${tier.name}) ${dollars(list + surplus)} instead of ${dollars(list)}${against}`];
  });
}

/** With at least as many processors and as much memory. */
function steadyType(type: string, architecture: Tier['architecture']): string {
  const [, size = ''] = type.split('.');
  const family = architecture === 'arm64' ? 'm6g' : 'm5';
  return `${family}.${size.endsWith('xlarge') ? size : 'large'}`;
}
