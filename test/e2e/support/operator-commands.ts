/**
 * The commands of docs/OPERATIONS.md, twice: as SDK calls, and word for word for the AWS CLI. Both with the operator's keys,
 * against the local endpoint, and nothing but AWS's own clients in between.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GetItemCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { pastConflicts } from '../../../lib/local/demo/past-conflicts.ts';
import type { World } from './world.ts';

/** Each answers as the command of that name in docs/OPERATIONS.md does. */
export interface Commands {
  activeTenants(): Promise<number[]>;
  maxRunners(installationId: number): Promise<number>;
  upgrade(installationId: number, plan: { tier: string; maxRunners: number }): Promise<void>;
  liveMachines(installationId: number): Promise<string[]>;
  waitingMessages(): Promise<number>;
  close(): void;
}

const tenantsTable = 'my-saas-tenants';
const queueOf = ({ laptop }: World) =>
  laptop.queues.list().find(({ name }) => name === 'my-saas-small-builds')!.url;

export function sdkCommands(world: World): Commands {
  const { endpointUrl: endpoint, region, operatorCredentials: credentials } = world.laptop;
  const { dynamo } = world.operator;
  const ec2 = new EC2Client({ endpoint, region, credentials });
  const sqs = new SQSClient({ endpoint, region, credentials });
  const key = (installationId: number) => ({ installation_id: { N: String(installationId) } });
  return {
    async activeTenants() {
      const { Items = [] } = await dynamo.send(
        new ScanCommand({
          TableName: tenantsTable,
          FilterExpression: '#s = :active',
          ExpressionAttributeNames: { '#s': 'status' },
          ExpressionAttributeValues: { ':active': { S: 'active' } },
        }),
      );
      return Items.map((item) => Number(item['installation_id']?.N));
    },
    async maxRunners(installationId) {
      const { Item } = await dynamo.send(
        new GetItemCommand({ TableName: tenantsTable, Key: key(installationId) }),
      );
      return Number(Item?.['max_runners']?.N);
    },
    async upgrade(installationId, { tier, maxRunners }) {
      const command = new UpdateItemCommand({
        TableName: tenantsTable,
        Key: key(installationId),
        UpdateExpression: 'SET tier = :tier, max_runners = :max, updated_at = :now',
        ExpressionAttributeValues: {
          ':tier': { S: tier },
          ':max': { N: String(maxRunners) },
          ':now': { S: '2024-01-15T12:00:00Z' },
        },
      });
      await pastConflicts(() => dynamo.send(command));
    },
    async liveMachines(installationId) {
      const { Reservations = [] } = await ec2.send(
        new DescribeInstancesCommand({
          Filters: [
            { Name: 'tag:ghr:tenant_id', Values: [String(installationId)] },
            { Name: 'instance-state-name', Values: ['running', 'pending'] },
          ],
        }),
      );
      return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId));
    },
    async waitingMessages() {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueOf(world),
          AttributeNames: ['ApproximateNumberOfMessages'],
        }),
      );
      return Number(Attributes?.['ApproximateNumberOfMessages']);
    },
    close() {
      ec2.destroy();
      sqs.destroy();
    },
  };
}

export function cliCommands(world: World): Commands {
  const { endpointUrl, region, operatorCredentials } = world.laptop;
  // Not AWS_ENDPOINT_URL: version 1 of the CLI does not heed it for SQS.
  const prelude = `aws() { command aws --endpoint-url ${endpointUrl} "$@"; }`;
  const run = async (command: string) => {
    const env = {
      ...process.env,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: operatorCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: operatorCredentials.secretAccessKey,
      AWS_DEFAULT_OUTPUT: 'json',
    };
    const { stdout } = await promisify(execFile)('bash', ['-c', `${prelude}\n${command}`], { env });
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  };
  const key = (installationId: number) => `--key '{"installation_id": {"N": "${installationId}"}}'`;
  return {
    async activeTenants() {
      const { Items } = await run(`aws dynamodb scan --table-name ${tenantsTable} \
        --filter-expression "#s = :active" --expression-attribute-names '{"#s": "status"}' \
        --expression-attribute-values '{":active": {"S": "active"}}'`);
      return Items.map((item: { installation_id: { N: string } }) => Number(item.installation_id.N));
    },
    async maxRunners(installationId) {
      const { Item } = await run(`aws dynamodb get-item --table-name ${tenantsTable} ${key(installationId)}`);
      return Number(Item.max_runners.N);
    },
    async upgrade(installationId, { tier, maxRunners }) {
      await run(`aws dynamodb update-item --table-name ${tenantsTable} ${key(installationId)} \
        --update-expression "SET tier = :tier, max_runners = :max, updated_at = :now" \
        --expression-attribute-values '{ ":tier": {"S": "${tier}"}, ":max": {"N": "${maxRunners}"},
          ":now": {"S": "2024-01-15T12:00:00Z"} }'`);
    },
    async liveMachines(installationId) {
      const machines = await run(`aws ec2 describe-instances \
        --filters "Name=tag:ghr:tenant_id,Values=${installationId}" "Name=instance-state-name,Values=running,pending" \
        --query 'Reservations[].Instances[].{ID:InstanceId,State:State.Name,LaunchTime:LaunchTime}'`);
      return machines.map(({ ID }: { ID: string }) => ID);
    },
    async waitingMessages() {
      const { Attributes } = await run(`aws sqs get-queue-attributes --queue-url ${queueOf(world)} \
        --attribute-names ApproximateNumberOfMessages`);
      return Number(Attributes.ApproximateNumberOfMessages);
    },
    close() {},
  };
}
