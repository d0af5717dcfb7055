/**
 * `mayfly prices update`: writes AWS's current prices to mayfly.prices.json, beside mayfly.config.ts, and shows what
 * changed for the configured tiers. Machines keep the old prices until that file is deployed.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PricingClient } from '@aws-sdk/client-pricing';
import type { MayflyConfig } from '../../config/config.ts';
import { dayOf } from '../../core/days.ts';
import { dollars, type Micros } from '../../core/micros.ts';
import { type PriceList, pricesInForce } from '../../core/price-list.ts';
import { awsOptions } from '../aws-clients.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { drawTable } from '../table.ts';
import { type FoundPrices, readPrices } from './read-prices.ts';

const fileName = 'mayfly.prices.json';

export const pricesUpdate: Command = {
  name: 'prices update',
  summary: "write AWS's current prices to mayfly.prices.json, and say what changed",
  details: `
Examples:
  mayfly prices update                    beside mayfly.config.ts
  mayfly prices update --output FILE      elsewhere

Import the file in mayfly.config.ts, as prices, and deploy: machines launched after that use these prices.
`,
  exitOne: 'AWS has no price for an instance type of a tier',
  options: [{ flags: '--output <file>', description: `default: ${fileName} beside mayfly.config.ts` }],
  async run(call) {
    const { config, io } = call;
    const file = fileOf(call);
    const client = pricing(call);
    const found = await readPrices(client, config.region);
    const list = listOf(config, found);
    writeFileSync(file, `${JSON.stringify(list, undefined, 2)}\n`);
    const missing = typesOf(config).filter((type) => !Object.hasOwn(list.onDemand, type));
    const shown = relative(process.cwd(), file) || file;
    io.out(`Wrote ${Object.keys(list.onDemand).length} instance types of ${config.region} to ${shown}.\n\n`);
    io.out(changes(config, list));
    io.out(notes(config, { found, missing }));
    return missing.length > 0 ? 1 : 0;
  },
};

function fileOf({ options, configFile }: CommandCall): string {
  if (typeof options['output'] === 'string') return options['output'];
  if (configFile !== undefined) return join(dirname(configFile), fileName);
  throw new UsageError('There is no mayfly.config.ts in this folder: name a file with --output.');
}

/** Few regions have an endpoint. Source: https://docs.aws.amazon.com/general/latest/gr/billing.html */
const pricing = (call: CommandCall) =>
  new PricingClient({
    ...awsOptions(call),
    region: call.config.region.startsWith('cn-') ? 'cn-northwest-1' : 'us-east-1',
  });

const typesOf = ({ tiers }: MayflyConfig) => [
  ...new Set(Object.values(tiers).flatMap(({ instanceTypes }) => instanceTypes)),
];

/** If AWS returned no price for disks or addresses, the price in force stays. */
function listOf({ region, prices }: MayflyConfig, { onDemand, disk, address }: FoundPrices): PriceList {
  const before = pricesInForce(region, prices);
  const { gigabyte, iops, throughputMegabyte } = { ...before.disk, ...disk };
  const inForce = address ?? before.address;
  if (
    gigabyte === undefined ||
    iops === undefined ||
    throughputMegabyte === undefined ||
    inForce === undefined
  )
    throw new UsageError(`AWS's price list has no price for gp3 disks or public addresses in ${region}.`);
  const date = dayOf(Date.now());
  return { date, region, onDemand, disk: { gigabyte, iops, throughputMegabyte }, address: inForce };
}

function changes(config: MayflyConfig, after: PriceList): string {
  const before = pricesInForce(config.region, config.prices);
  const rows = [
    ...typesOf(config).map(
      (type) => [`${type}, an hour`, before.onDemand(type), after.onDemand[type]] as const,
    ),
    ['disk, per GB and month', before.disk?.gigabyte, after.disk.gigabyte] as const,
    ['disk, per IOPS and month', before.disk?.iops, after.disk.iops] as const,
    ['disk, per MiB/s and month', before.disk?.throughputMegabyte, after.disk.throughputMegabyte] as const,
    ['public address, an hour', before.address, after.address] as const,
  ].filter(([, old, now]) => old !== now);
  if (rows.length === 0)
    return `The prices of your tiers have not changed since ${before.date}, the date of the list in use.\n`;
  const money = (amount: Micros | undefined) => (amount === undefined ? 'none' : dollars(amount));
  return `${drawTable(
    ['changed', `list of ${before.date}`, 'today'],
    rows.map(([what, old, now]) => [what, money(old), money(now)]),
  )}\n`;
}

function notes(
  config: MayflyConfig,
  { found, missing }: { found: FoundPrices; missing: readonly string[] },
): string {
  const kept = [
    ...(['gigabyte', 'iops', 'throughputMegabyte'] as const).filter((name) => found.disk[name] === undefined),
    ...(found.address === undefined ? ['address'] : []),
  ];
  const lines = [
    ...missing.map(
      (type) => `AWS has no price for ${type} in ${config.region}: its machines will be unpriced.`,
    ),
    ...(kept.length === 0 ? [] : [`AWS gave no price for ${kept.join(', ')}: the current prices were kept.`]),
    config.prices === undefined
      ? `To use it, add to mayfly.config.ts, and deploy:\n  import prices from './${fileName}' with { type: 'json' };\n  prices,    // in the configuration`
      : 'Deploy to use it.',
  ];
  return `\n${lines.map((line) => `${line}\n`).join('')}`;
}
