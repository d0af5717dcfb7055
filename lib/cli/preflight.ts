/** `mayfly preflight`: reads the account's quotas and says which are too small for the configured tiers. Changes nothing. */
import { type _InstanceType, DescribeInstanceTypesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { assertConfig } from '../config/check-config.ts';
import type { MayflyConfig } from '../config/config.ts';
import type { KeyPolicyStatement } from '../config/key-policy.ts';
import { drawTable } from '../local/console/table.ts';
import { awsOptions, ec2Client } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';
import { keyAdvice, statementsFor } from './preflight-key.ts';
import { judgeOwnNetwork, judgeSubnets, judgeZones } from './preflight-network.ts';
import {
  type Finding,
  judgeQuotas,
  type Quota,
  quotas,
  requestCommand,
  type TierNeed,
} from './preflight-rules.ts';

export const preflight: Command = {
  name: 'preflight',
  summary: 'are the quotas of the AWS account enough for the configured tiers?',
  help: `
mayfly preflight           a table of quotas, and the commands that ask AWS for more
mayfly preflight --json    the same as JSON

Exits with 1 where a quota is too small for a single machine of some tier, for the functions, or for the network, or where
an existing network's subnets are not as configured. A new account can be deployed to as it is: what is tight only makes
jobs wait. For a key of your own (kmsKeyArn) it prints what the key's policy must hold.
`,
  options: { json: { type: 'boolean', default: false } },
  async run(call) {
    const { advice, ...report } = await judge(call);
    const { region } = call.config;
    call.io.out(call.options['json'] ? `${JSON.stringify(report)}\n` : render({ ...report, advice }, region));
    const isTooSmall = report.quotas.some(({ verdict }) => verdict === 'too small');
    return isTooSmall || report.network.length > 0 ? 1 : 0;
  },
};

interface Report {
  readonly quotas: readonly Finding[];
  /** What is wrong with an existing network's subnets, or with the zones of one to be made. */
  readonly network: readonly string[];
  /** What the policy of an operator's own key must hold. */
  readonly keyPolicy?: readonly KeyPolicyStatement[];
  readonly advice: readonly string[];
}

async function judge(call: CommandCall): Promise<Report> {
  const { network, deployment, reservedConcurrency, kmsKeyArn } = assertConfig(call.config);
  const { environment, tiers } = deployment;
  const ec2 = ec2Client(call);
  const client = new ServiceQuotasClient(awsOptions(call));
  const reserved = Object.values(reservedConcurrency).reduce((sum, copies) => sum + copies, 0);
  const ofTiers = judgeQuotas(await tierNeeds(ec2, call.config), await readQuotas(client), reserved);
  const ofNetwork =
    network.kind === 'own'
      ? await judgeOwnNetwork(ec2, (quota) => readQuota(client, quota), { network, environment })
      : [];
  const key =
    kmsKeyArn === undefined ? undefined : { kmsKeyArn, environment, spot: tiers.some(({ spot }) => spot) };
  return {
    quotas: [...ofTiers, ...ofNetwork],
    network: network.kind === 'existing' ? await judgeSubnets(ec2, network) : await judgeZones(ec2, network),
    ...(key ? { keyPolicy: statementsFor(key) } : {}),
    advice: key ? keyAdvice(key) : [],
  };
}

async function readQuotas(client: ServiceQuotasClient) {
  const [onDemand, spot, lambda] = await Promise.all([
    readQuota(client, quotas.onDemand),
    readQuota(client, quotas.spot),
    readQuota(client, quotas.lambda),
  ]);
  return { onDemand, spot, lambda };
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
    vcpus: Math.max(...tier.instanceTypes.map((type) => vcpus.get(type) ?? 0)),
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
          `EC2 does not know all of the configured instance types: ${cause.message}`,
        );
      });
    for (const { InstanceType, VCpuInfo } of answer.InstanceTypes ?? []) {
      found.set(String(InstanceType), VCpuInfo?.DefaultVCpus ?? 0);
    }
  }
  return found;
}

function render({ quotas: findings, network, advice }: Report, region: string): string {
  const rows = findings.map(({ quota, has, needs, wants, verdict }) => [
    quota.name,
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
    ...(network.length > 0
      ? ['', '  The network is not as configured:', ...network.map((line) => `  ${line}`)]
      : []),
    ...(advice.length > 0 ? ['', ...advice] : []),
    '',
  ].join('\n');
}
