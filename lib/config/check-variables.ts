/**
 * The rule for names that a function's variables repeat: Lambda takes 4 KB of variables in all, as JSON. The addresses of the tiers'
 * queues, which contain the names, take most of it, and the list of subnets a part. size.test.ts measures the rest.
 */
import { tierQueueOf } from '../contract/queue-name.ts';
import { mostZones } from './check-network.ts';
import type { MayflyConfig } from './config.ts';
import { isRecord, textOf } from './faults.ts';

const mostOfQueues = 3200;
/** Under the longest name of an environment, everything else takes less than 766 bytes. */
const mostTogether = 3330;

export function variableFaults(config: MayflyConfig): string[] {
  const names = Object.keys(isRecord(config.tiers) ? config.tiers : {});
  const { environment, region } = config;
  const address = `https://sqs.${textOf(region)}.amazonaws.com/123456789012/${tierQueueOf(textOf(environment), '')}`;
  const queues = names
    .map((name) => `${name}=${address}${name},`.length)
    .reduce((sum, next) => sum + next, 0);
  const subnets = subnetsLength(config);
  const fits = queues <= mostOfQueues && queues + subnets <= mostTogether;
  if (fits || names.length > 30) return [];
  return [
    `The addresses of ${names.length} tier queues take ${queues} characters, and the list of subnets ${subnets}; ` +
      `${mostOfQueues}, and ${mostTogether} together, fit in a function's environment. ` +
      'Shorten the names of the tiers or of the environment, or use fewer zones or subnets.',
  ];
}

/** Of a list like `subnet-0123456789abcdef0=us-east-1a,…`. What may be no network has its own fault. */
function subnetsLength({ network, region }: MayflyConfig): number {
  const { subnets, zones = 2 } = (isRecord(network) ? network : {}) as Record<string, unknown>;
  const entry = 'subnet-0123456789abcdef0=,'.length;
  if (!Array.isArray(subnets)) {
    const count = typeof zones === 'number' ? Math.min(zones, mostZones) : 0;
    return count * (entry + `${textOf(region)}a`.length);
  }
  const zoneLength = (subnet: unknown) => textOf(isRecord(subnet) ? subnet['zone'] : undefined).length;
  return subnets.slice(0, mostZones).reduce((sum, subnet) => sum + entry + zoneLength(subnet), 0);
}
