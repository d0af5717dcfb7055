/** What `mayfly verify` asks of the account without a machine: preflight's questions, offerings, the certificate. It reads. */
import { X509Certificate } from 'node:crypto';
import {
  type _InstanceType,
  DescribeInstanceTypeOfferingsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { MayflyConfig } from '../config/config.ts';
import { awsCertificates } from '../contract/aws-certificates.ts';
import { tagKeys } from '../core/tags.ts';
import { type CommandCall, UsageError } from './command.ts';
import { preflight } from './preflight.ts';
import { failed, passed, type Row } from './verify-report.ts';

export interface Zoned {
  readonly subnetId: string;
  readonly zone: string;
}

/** Where machines are launched: the subnets of the configuration, or those that carry the environment's tag. */
export async function findSubnets(
  client: EC2Client,
  { network, environment }: MayflyConfig,
): Promise<Zoned[]> {
  if (network !== undefined && 'vpcId' in network)
    return network.subnets.map(({ id, zone }) => ({ subnetId: id, zone }));
  const Filters = [{ Name: `tag:${tagKeys.environment}`, Values: [environment] }];
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({ Filters }));
  if (Subnets.length === 0) {
    throw new UsageError(
      `No subnet carries the tag ${tagKeys.environment} = ${environment}: deploy first (npx cdk deploy --all).`,
    );
  }
  return Subnets.map(({ SubnetId = '', AvailabilityZone = '' }) => ({
    subnetId: SubnetId,
    zone: AvailabilityZone,
  }));
}

export async function preflightRow(call: CommandCall): Promise<Row> {
  const status = await preflight.run({
    ...call,
    options: { json: true },
    io: { out: () => {}, error: () => {} },
  });
  return status === 0
    ? passed('quotas', 'mayfly preflight finds nothing that is too small or otherwise than configured')
    : failed(
        'quotas',
        'mayfly preflight exits with 1',
        'npx mayfly preflight says what, and prints the commands.',
      );
}

/** A tier needs at least one of its types in one of the zones; what is missing beside is only less room. */
export async function offeringRow(
  client: EC2Client,
  { tiers }: MayflyConfig,
  subnets: readonly Zoned[],
): Promise<Row> {
  const zones = new Set(subnets.map(({ zone }) => zone));
  const types = [...new Set(Object.values(tiers).flatMap(({ instanceTypes }) => instanceTypes))];
  const offered = await readOfferings(client, types);
  const isOffered = (type: string) => (zone: string) => offered.has(`${type} ${zone}`);
  const missing = types.flatMap((type) =>
    [...zones].filter((zone) => !isOffered(type)(zone)).map((zone) => `${type} in ${zone}`),
  );
  const closed = Object.entries(tiers)
    .filter(([, { instanceTypes }]) => !instanceTypes.some((type) => [...zones].some(isOffered(type))))
    .map(([name]) => name);
  const found = missing.length === 0 ? 'every type in every zone' : `not offered: ${missing.join(', ')}`;
  return closed.length === 0
    ? passed('offerings', found)
    : failed(
        'offerings',
        found,
        `No machine of ${closed.join(', ')} can start: name other types in mayfly.config.ts.`,
      );
}

async function readOfferings(client: EC2Client, types: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  let NextToken: string | undefined;
  do {
    const answer = await client.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: types as _InstanceType[] }],
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    );
    for (const { InstanceType, Location } of answer.InstanceTypeOfferings ?? [])
      found.add(`${InstanceType} ${Location}`);
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  return found;
}

const soonDays = 90;

export function certificateRow({ region, identityCertificates = [] }: MayflyConfig, now: number): Row {
  const known = awsCertificates[region];
  const pems =
    identityCertificates.length > 0
      ? identityCertificates
      : known
        ? [`-----BEGIN CERTIFICATE-----\n${known}\n-----END CERTIFICATE-----\n`]
        : [];
  const ends = Math.max(...pems.map((pem) => Date.parse(new X509Certificate(pem).validTo)));
  const todo =
    'Take the region’s RSA certificate from https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/regions-certs.html ' +
    'into lib/contract/aws-certificates.ts.';
  if (pems.length === 0) return failed('certificate', `none is known for ${region}`, todo);
  const days = Math.floor((ends - now) / 86_400_000);
  const found = `the one for ${region} is good for ${days} days`;
  return days >= soonDays ? passed('certificate', found) : failed('certificate', found, todo);
}
