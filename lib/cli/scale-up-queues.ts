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
import { tierOfQueue } from '../contract/queue-name.ts';
import { TierName } from '../core/ids.ts';
import { awsOptions } from './aws-clients.ts';
import { faultKind } from './aws-faults.ts';
import type { CommandCall, Io } from './command.ts';

/** @returns how many queues there are */
export async function switchScaleUp(call: CommandCall, enabled: boolean): Promise<number> {
  const client = new LambdaClient(awsOptions(call));
  const all = await mappings(client, call);
  for (const { UUID } of all)
    await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
  return all.length;
}

export interface Drain extends DrainFacts {
  /** For lists of problems: what it means for jobs, too. */
  readonly problem: string;
}

/**
 * The tiers whose queues scale-up does not read; undefined if it reads all, or if that cannot be asked: then a line on
 * stderr says so, and the command goes on. Roles made from an earlier `mayfly policy` lack the permission.
 */
export async function findDrain(call: CommandCall): Promise<Drain | undefined> {
  const { environment } = call.config;
  const all = await mappings(new LambdaClient(awsOptions(call)), call).catch((error: unknown) => {
    const kind = faultKind(error);
    if (kind !== 'right' && kind !== 'endpoint') throw error;
    sayNotChecked(call.io, notChecked[kind]);
    return [];
  });
  const off = all.filter(({ State }) => State === 'Disabled' || State === 'Disabling');
  if (off.length === 0) return undefined;
  const names = off.map(({ EventSourceArn = '' }) => EventSourceArn.split(':').at(-1) ?? '');
  const tiers = names.map((name) => TierName(tierOfQueue(environment, name)));
  const said = off.length === all.length ? ofAll(environment) : ofSome(environment, tiers);
  return {
    tiers,
    text: said.text,
    problem: `${said.text} ${said.jobs} get no machine until: npx mayfly drain --resume`,
  };
}

const ofAll = (environment: string) => ({
  text: `The environment ${environment} is drained: scale-up reads no queue.`,
  jobs: 'Jobs',
});

const ofSome = (environment: string, tiers: readonly TierName[]) => {
  const which = tiers.length === 1 ? `queue of tier ${tiers[0]}` : `queues of the tiers ${tiers.join(', ')}`;
  return {
    text: `In the environment ${environment}, scale-up does not read the ${which}.`,
    jobs: tiers.length === 1 ? 'Its jobs' : 'Their jobs',
  };
};

/** `status --watch` asks again and again. */
const saidTo = new WeakSet<Io>();

const notChecked = {
  right: 'That takes the permission lambda:ListEventSourceMappings.',
  endpoint: 'The endpoint at AWS_ENDPOINT_URL does not support lambda:ListEventSourceMappings.',
};

function sayNotChecked(io: Io, why: string): void {
  if (saidTo.has(io)) return;
  saidTo.add(io);
  io.error(`Not checked: whether the environment is drained. ${why}\n`);
}

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
