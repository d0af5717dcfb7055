/**
 * `mayfly drain`: before a destroy, or to empty an environment: nothing new starts, and its machines end. The event sources
 * of scale-up are disabled first, then the environment's machines are terminated, over and over until none is left.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { type EC2Client, paginateDescribeInstances, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  LambdaClient,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { openMarker, tables } from '../contract/tables.ts';
import { tagKeys } from '../core/tags.ts';
import { awsOptions, dynamoClient, ec2Client } from './aws-clients.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';

export const drain: Command = {
  name: 'drain',
  summary: 'before cdk destroy: start nothing new, end every machine',
  help: `
mayfly drain --yes       stops scale-up, terminates the environment's machines and waits until they are gone
mayfly drain             shows what would end, and changes nothing
mayfly drain --resume    lets scale-up run again

Jobs that run on these machines fail. Jobs that wait keep waiting in the table and start after --resume.
`,
  options: { yes: { type: 'boolean', default: false }, resume: { type: 'boolean', default: false } },
  async run(call) {
    if (call.options['resume']) return resume(call);
    return call.options['yes'] ? drainAll(call) : show(call);
  },
};

/** Half an hour: EC2 ends a machine within minutes. */
const longestMilliseconds = 30 * 60_000;
const betweenLooksMilliseconds = 3_000;

async function show(call: CommandCall): Promise<number> {
  const machines = await liveMachines(ec2Client(call), call.config.environment);
  call.io.out(
    `${machines.length} machines of ${call.config.environment} would end${machines.length > 0 ? `: ${machines.join(', ')}` : ''}.\n`,
  );
  call.io.out('Nothing was changed; mayfly drain --yes does it.\n');
  return 0;
}

async function resume(call: CommandCall): Promise<number> {
  const switched = await switchScaleUp(call, true);
  call.io.out(`Scale-up runs again: ${switched} queues are read.\n`);
  return 0;
}

async function drainAll(call: CommandCall): Promise<number> {
  const client = ec2Client(call);
  const switched = await switchScaleUp(call, false);
  call.io.out(`Scale-up is stopped: ${switched} queues are read no more.\n`);
  const end = Date.now() + longestMilliseconds;
  for (;;) {
    const machines = await liveMachines(client, call.config.environment);
    // A launch that is still open may yet bring machines: the sweep finishes it within two minutes.
    const launches = await openLaunches(call);
    if (machines.length === 0 && launches === 0) {
      call.io.out('No machine is left.\n');
      return 0;
    }
    if (Date.now() > end) {
      const what = machines.length > 0 ? machines.join(', ') : `${launches} launches that are still open`;
      throw new UsageError(
        `Still there after 30 minutes: ${what}. See the article on machines left in docs/RUNBOOK.md.`,
      );
    }
    call.io.out(`Terminating ${machines.length} machines, ${launches} launches still open …\n`);
    for (let from = 0; from < machines.length; from += 100) {
      await client.send(new TerminateInstancesCommand({ InstanceIds: machines.slice(from, from + 100) }));
    }
    await sleep(betweenLooksMilliseconds);
  }
}

async function liveMachines(client: EC2Client, environment: string): Promise<string[]> {
  const Filters = [
    { Name: `tag:${tagKeys.environment}`, Values: [environment] },
    { Name: 'tag-key', Values: [tagKeys.launch] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const ids: string[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters })) {
    for (const { Instances = [] } of Reservations)
      ids.push(...Instances.flatMap(({ InstanceId }) => InstanceId ?? []));
  }
  return ids;
}

async function openLaunches(call: CommandCall): Promise<number> {
  const { suffix, indexes } = tables.launches;
  const { Count = 0 } = await dynamoClient(call).send(
    new QueryCommand({
      TableName: `${call.config.environment}-${suffix}`,
      IndexName: indexes.overdue.name,
      KeyConditionExpression: '#open = :open',
      ExpressionAttributeNames: { '#open': indexes.overdue.partitionKey.name },
      ExpressionAttributeValues: { ':open': { S: openMarker } },
      Select: 'COUNT',
    }),
  );
  return Count;
}

async function switchScaleUp(call: CommandCall, enabled: boolean): Promise<number> {
  const client = new LambdaClient(awsOptions(call));
  let switched = 0;
  const query = { FunctionName: `${call.config.environment}-scale-up` };
  for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings({ client }, query)) {
    for (const { UUID } of EventSourceMappings) {
      await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
      switched += 1;
    }
  }
  return switched;
}
