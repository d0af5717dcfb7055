/** Everything that `mayfly preflight` checks in the account, as one report; `mayfly verify` uses it too. Read-only. */
import { type _InstanceType, DescribeInstanceTypesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { burstableHint } from '../config/burstable-hint.ts';
import { assertConfig, type CheckedConfig } from '../config/check-config.ts';
import type { MayflyConfig } from '../config/config.ts';
import type { KeyPolicyStatement } from '../config/key-policy.ts';
import { stockImageHint } from '../config/stock-image.ts';
import { chunksOf } from '../core/chunks.ts';
import { awsOptions } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import { type CommandCall, UsageError } from './command.ts';
import { ec2Client } from './ec2-client.ts';
import type { Quota } from './preflight-families.ts';
import { judgeImageParameters } from './preflight-images.ts';
import { keyAdvice, statementsFor } from './preflight-key.ts';
import { judgeOwnNetwork, judgeSubnets, judgeZones, readZones } from './preflight-network.ts';
import { judgeOfferings, type Offerings } from './preflight-offerings.ts';
import {
  type Finding,
  judgeLambda,
  judgeVcpus,
  quotas,
  type TierNeed,
  vcpuNeeds,
} from './preflight-rules.ts';

export interface Report {
  readonly quotas: readonly Finding[];
  /** Instance types whose quota is unknown, each with its tier and market. */
  readonly unchecked: readonly string[];
  /** What is wrong with an existing network's subnets, or with the zones for a new one. */
  readonly network: readonly string[];
  /** What is wrong with the parameters that hold tiers' images. */
  readonly images: readonly string[];
  readonly offerings: Offerings;
  /** What the policy of an operator's own key must contain. */
  readonly keyPolicy?: readonly KeyPolicyStatement[];
  readonly advice: readonly string[];
}

/** True if a deploy would fail, or a tier could not start any machine. */
export const isWanting = ({ quotas: findings, network, images, offerings }: Report) =>
  findings.some(({ verdict }) => verdict === 'too small') ||
  [network, images, offerings.closed].some((faults) => faults.length > 0);

export async function judgeAccount(call: CommandCall): Promise<Report> {
  const checked = assertConfig(call.config);
  const { network, deployment, reservedConcurrency, kmsKeyArn } = checked;
  const { environment, tiers } = deployment;
  const ec2 = ec2Client(call);
  const client = new ServiceQuotasClient(awsOptions(call));
  const reserved = Object.values(reservedConcurrency).reduce((sum, copies) => sum + copies, 0);
  const { needs, unchecked } = vcpuNeeds(await tierNeeds(ec2, call.config));
  const ofTiers = await Promise.all(
    needs.map(async (need) => judgeVcpus(need, await readQuota(client, need.quota))),
  );
  const ofFunctions = judgeLambda(await readQuota(client, quotas.lambda), reserved);
  const ofNetwork =
    network.kind === 'own'
      ? await judgeOwnNetwork(ec2, (quota) => readQuota(client, quota), { network, environment })
      : [];
  const zones = await readZones(ec2);
  const key =
    kmsKeyArn === undefined ? undefined : { kmsKeyArn, environment, spot: tiers.some(({ spot }) => spot) };
  return {
    quotas: [...ofTiers, ofFunctions, ...ofNetwork],
    unchecked,
    network: network.kind === 'existing' ? await judgeSubnets(ec2, network) : judgeZones(zones, network),
    images: await judgeImageParameters(call),
    offerings: await judgeOfferings(ec2, { environment, network, tiers }, zones),
    ...(key ? { keyPolicy: statementsFor(key) } : {}),
    advice: [...hints(checked), ...(key ? keyAdvice(key) : [])],
  };
}

function hints(config: CheckedConfig): string[] {
  const found = [stockImageHint(config), burstableHint(config)];
  return found.flatMap((hint) => (hint === undefined ? [] : [`  ${hint}`]));
}

async function readQuota(
  client: ServiceQuotasClient,
  { serviceCode, quotaCode, name }: Quota,
): Promise<number> {
  const command = new GetServiceQuotaCommand({ ServiceCode: serviceCode, QuotaCode: quotaCode });
  const { Quota: found } = await client.send(command).catch((cause: Error) => {
    throw usageErrorUnlessFault(cause, `The quota ${quotaCode} (${name}) cannot be read: ${cause.message}.`);
  });
  if (found?.Value === undefined)
    throw new UsageError(`AWS returned no value for the quota ${quotaCode} (${name}).`);
  return found.Value;
}

async function tierNeeds(client: EC2Client, config: MayflyConfig): Promise<TierNeed[]> {
  const types = [...new Set(Object.values(config.tiers).flatMap(({ instanceTypes }) => instanceTypes))];
  const vcpus = await readVcpus(client, types);
  return Object.entries(config.tiers).map(([name, tier]) => ({
    name,
    spot: tier.spot ?? false,
    maxRunners: tier.maxRunners,
    vcpus: new Map(tier.instanceTypes.map((type) => [type, vcpus.get(type) ?? 0])),
  }));
}

/** One call takes 100 types; thirty tiers may name more. */
async function readVcpus(client: EC2Client, types: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const some of chunksOf(types, 100)) {
    const InstanceTypes = some as _InstanceType[];
    const answer = await client
      .send(new DescribeInstanceTypesCommand({ InstanceTypes }))
      .catch((cause: Error) => {
        throw usageErrorUnlessFault(
          cause,
          `EC2 does not know every configured instance type: ${cause.message}`,
        );
      });
    for (const { InstanceType, VCpuInfo } of answer.InstanceTypes ?? []) {
      found.set(String(InstanceType), VCpuInfo?.DefaultVCpus ?? 0);
    }
  }
  return found;
}
