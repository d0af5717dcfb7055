/** The rule for a tier's subnets: a subset of those in the configuration, without duplicates. */
import { expect, isRecord, isTextList, shown, textOf } from './faults.ts';

export function tierSubnetFaults(tiers: unknown, network: unknown): string[] {
  if (!isRecord(tiers)) return [];
  const known = knownSubnets(network);
  return Object.entries(tiers).flatMap(([name, tier]) => {
    const subnetIds = isRecord(tier) ? tier['subnetIds'] : undefined;
    return subnetIds === undefined ? [] : subnetFaults(`tiers.${name}.subnetIds`, subnetIds, known);
  });
}

function subnetFaults(path: string, subnetIds: unknown, known: readonly string[]): string[] {
  if (known.length === 0) {
    return expect(path, subnetIds, {
      fits: false,
      allowed: 'left out unless network names the subnets of an existing VPC',
    });
  }
  if (!isTextList(subnetIds) || subnetIds.length === 0) {
    return expect(path, subnetIds, { fits: false, allowed: 'a list of at least one subnet, or left out' });
  }
  const strange = subnetIds.filter((id) => !known.includes(id));
  return [
    ...strange.map((id) => `${path} has ${shown(id)}; network.subnets has ${known.join(', ')}.`),
    ...(new Set(subnetIds).size < subnetIds.length ? [`${path} names a subnet twice; name each once.`] : []),
  ];
}

function knownSubnets(network: unknown): string[] {
  const subnets = isRecord(network) ? network['subnets'] : undefined;
  if (!Array.isArray(subnets)) return [];
  return subnets.map((subnet) => (isRecord(subnet) ? textOf(subnet['id']) : '')).filter((id) => id !== '');
}
