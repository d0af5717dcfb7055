/** `mayfly preflight`: reads the account's quotas and says which are too small for the configured tiers. It changes nothing. */
import { type _InstanceType, DescribeInstanceTypesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { assertConfig, type CheckedConfig } from '../config/check-config.ts';
import type { MayflyConfig } from '../config/config.ts';
import type { KeyPolicyStatement } from '../config/key-policy.ts';
import { stockImageHint } from '../config/stock-image.ts';
import { awsOptions, ec2Client } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from './command.ts';
import type { Quota } from './preflight-families.ts';
import { judgeImageParameters } from './preflight-images.ts';
import { keyAdvice, statementsFor } from './preflight-key.ts';
import { judgeOwnNetwork, judgeSubnets, judgeZones } from './preflight-network.ts';
import {
  type Finding,
  judgeLambda,
  judgeVcpus,
  quotas,
  requestCommand,
  type TierNeed,
  vcpuNeeds,
} from './preflight-rules.ts';
import { drawTable } from './table.ts';

export const preflight: Command = {
  name: 'preflight',
  summary: 'check whether the AWS account has the quotas that the configured tiers need',
  details: `
Examples:
  mayfly preflight           a table of quotas, and the commands that ask AWS for more
  mayfly preflight --json    the same as JSON

AWS has a separate quota for each family of instance types. A type whose family Mayfly does not know is listed
as not checked. A new account can be deployed to as it is: "tight" only means that jobs wait. If you use your own
encryption key (kmsKeyArn), this also prints the statements that the key's policy needs.
`,
  exitOne:
    "a quota is too small to start at all, or subnets or a tier's image parameter are not as configured",
  options: [jsonOption],
  async run(call) {
    const { advice, ...report } = await judge(call);
    const { region } = call.config;
    call.io.out(call.options['json'] ? `${JSON.stringify(report)}\n` : render({ ...report, advice }, region));
    const isTooSmall = report.quotas.some(({ verdict }) => verdict === 'too small');
    return isTooSmall || report.network.length > 0 || report.images.length > 0 ? 1 : 0;
  },
};

interface Report {
  readonly quotas: readonly Finding[];
  /** Instance types whose quota is not known, each with its tier and market. */
  readonly unchecked: readonly string[];
  /** What is wrong with an existing network's subnets, or with the zones of one to be made. */
  readonly network: readonly string[];
  /** What is wrong with the parameters that tiers look their image up in. */
  readonly images: readonly string[];
  /** What the policy of an operator's own key must hold. */
  readonly keyPolicy?: readonly KeyPolicyStatement[];
  readonly advice: readonly string[];
}

async function judge(call: CommandCall): Promise<Report> {
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
  const key =
    kmsKeyArn === undefined ? undefined : { kmsKeyArn, environment, spot: tiers.some(({ spot }) => spot) };
  return {
    quotas: [...ofTiers, ofFunctions, ...ofNetwork],
    unchecked,
    network: network.kind === 'existing' ? await judgeSubnets(ec2, network) : await judgeZones(ec2, network),
    images: await judgeImageParameters(call),
    ...(key ? { keyPolicy: statementsFor(key) } : {}),
    advice: [...hints(checked), ...(key ? keyAdvice(key) : [])],
  };
}

function hints(config: CheckedConfig): string[] {
  const hint = stockImageHint(config);
  return hint === undefined ? [] : [`  ${hint}`];
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
    throw new UsageError(`AWS gives no value for the quota ${quotaCode} (${name}).`);
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
  for (let from = 0; from < types.length; from += 100) {
    const InstanceTypes = types.slice(from, from + 100) as _InstanceType[];
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

/** Thirty names would not fit into a table. */
const some = (names: readonly string[]) =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

function render({ quotas: findings, unchecked, network, images, advice }: Report, region: string): string {
  const rows = findings.map(({ quota, tiers, has, needs, wants, verdict }) => [
    tiers ? `${quota.name}, for ${some(tiers)}` : quota.name,
    `${has} ${quota.unit}`,
    String(needs),
    String(wants),
    verdict,
  ]);
  const asks = findings
    .filter(({ verdict }) => verdict !== 'enough')
    .map((finding) => `  ${requestCommand(finding, region)}`);
  return [
    drawTable([`quota in ${region}`, 'has', 'at least', 'for one busy tenant', 'verdict'], rows),
    ...(asks.length > 0 ? ['', '  To ask AWS for more:', ...asks] : []),
    ...(unchecked.length > 0
      ? [
          '',
          '  Not checked, because Mayfly does not know the quota of the family. Look in Service Quotas:',
          ...unchecked.map((line) => `  ${line}`),
        ]
      : []),
    ...(network.length > 0
      ? ['', '  The network is not as configured:', ...network.map((line) => `  ${line}`)]
      : []),
    ...(images.length > 0
      ? ['', '  Images are not as configured:', ...images.map((line) => `  ${line}`)]
      : []),
    ...(advice.length > 0 ? ['', ...advice] : []),
    '',
  ].join('\n');
}
