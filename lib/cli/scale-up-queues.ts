/**
 * The queues that scale-up reads. `mayfly drain` switches them off, and until they are on again no job starts: new ones
 * have no row, so whoever asks why a job waits must look here.
 */
import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { DrainFacts } from '../app/insight/facts.ts';
import { TierName } from '../core/ids.ts';
import { awsOptions } from './aws-clients.ts';
import type { CommandCall } from './command.ts';

/** @returns how many queues there are */
export async function switchScaleUp(call: CommandCall, enabled: boolean): Promise<number> {
  const client = new LambdaClient(awsOptions(call));
  const all = await mappings(client, call);
  for (const { UUID } of all)
    await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
  return all.length;
}

/** The tiers whose queues scale-up does not read; undefined if it reads all. */
export async function findDrain(call: CommandCall): Promise<DrainFacts | undefined> {
  const { environment } = call.config;
  const all = await mappings(new LambdaClient(awsOptions(call)), call);
  const off = all.filter(({ State }) => State === 'Disabled' || State === 'Disabling');
  if (off.length === 0) return undefined;
  const names = off.map(({ EventSourceArn = '' }) => EventSourceArn.split(':').at(-1) ?? '');
  const tiers = names.map((name) => TierName(name.slice(environment.length + 1, -queueEnd.length)));
  const which = off.length === all.length ? 'no queue' : `not the queues of ${tiers.join(', ')}`;
  return { tiers, text: `The environment ${environment} is drained: scale-up reads ${which}.` };
}

const queueEnd = '-builds';

/** For lists of problems. */
export const drainProblem = ({ text }: DrainFacts) =>
  `${text} Jobs get no machine until: npx mayfly drain --resume`;

async function mappings(
  client: LambdaClient,
  { config }: CommandCall,
): Promise<EventSourceMappingConfiguration[]> {
  const all: EventSourceMappingConfiguration[] = [];
  const query = { FunctionName: `${config.environment}-scale-up` };
  for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings({ client }, query))
    all.push(...EventSourceMappings);
  return all;
}
