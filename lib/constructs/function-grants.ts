/**
 * Who may do what: one entry a function, and nothing besides. Read it against the use case that the function calls.
 * No entry has a wildcard action, and none can pass a role.
 */
import { Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { variables } from '../contract/environment.ts';
import type { TierName } from '../core/ids.ts';
import type { FunctionName } from './functions.ts';
import { allow, consumeGrant, type Grant, secretGrant, sendGrant, tableGrant, tell } from './grant.ts';
import { describeGrant, launchGrants, type MachineGrantOptions, terminateGrant } from './machine-grants.ts';
import type { State } from './state.ts';

export interface GrantWorld extends MachineGrantOptions {
  readonly state: State;
  readonly tierQueues: ReadonlyMap<TierName, Queue>;
  readonly lifecycleQueue: Queue;
  readonly installationsQueue: Queue;
  readonly githubApiUrl: string;
}

export function functionGrants(world: GrantWorld): Record<FunctionName, Grant[]> {
  const { scope, environment, state, lifecycleQueue, installationsQueue } = world;
  const webhookSecret = secretGrant('ReadWebhookSecret', state.webhookSecret, variables.webhookSecretArn);
  const ticketSecret = secretGrant('ReadTicketSecret', state.ticketSecret, variables.ticketSecretArn);
  const github = [
    secretGrant('ReadAppSecret', state.appSecret, variables.appSecretArn),
    tell(variables.githubApiUrl, world.githubApiUrl),
  ];
  const sendToTiers = sendToTiersGrant(world);
  const sendToLifecycle = sendGrant('SendToLifecycle', lifecycleQueue, variables.lifecycleQueueUrl);
  const sendToInstallations = sendGrant(
    'SendToInstallations',
    installationsQueue,
    variables.installationsQueueUrl,
  );
  return {
    webhook: [sendToTiers, sendToLifecycle, sendToInstallations, webhookSecret],
    'tenant-manager': [
      consumeGrant('ReceiveInstallations', [installationsQueue]),
      tenants(state, [...read, ...write], { 'by-account': ['Query'] }),
      jobs(state, [...read, ...write], { pending: ['Query'] }),
      ...github,
      sendToLifecycle,
      sendToTiers,
    ],
    'scale-up': [
      consumeGrant('ReceiveJobs', [...world.tierQueues.values()]),
      tenants(state, [...read, 'UpdateItem', ...partiQl]),
      jobs(state, [...read, ...write, ...partiQl], { pending: ['Query'] }),
      launches(state, [...read, ...write, ...partiQl]),
      runners(state, [...read, ...write, ...partiQl]),
      ticketSecret,
      ...launchGrants(world),
      describeGrant(),
      sendToTiers,
    ],
    claim: [
      ticketSecret,
      ...github,
      tenants(state, read),
      jobs(state, [...read, 'UpdateItem'], { pending: ['Query'] }),
      launches(state, read),
      runners(state, [...read, 'PutItem', 'UpdateItem', 'PartiQLInsert']),
      sendToTiers,
    ],
    lifecycle: [
      consumeGrant('ReceiveEvents', [lifecycleQueue]),
      tenants(state, [...read, 'UpdateItem', ...partiQl], { 'by-account': ['Query'] }),
      jobs(state, [...read, ...write, ...partiQl], { pending: ['Query'] }),
      launches(state, [...read, 'UpdateItem']),
      runners(state, [...read, ...write, ...partiQl]),
      terminateGrant(scope, environment),
      sendToTiers,
    ],
    sweep: [
      tenants(state, [...read, 'UpdateItem', ...partiQl], { 'by-account': ['Query'] }),
      jobs(state, [...read, ...write, ...partiQl], { pending: ['Query', 'Scan'] }),
      launches(state, [...read, ...write, ...partiQl], { overdue: ['Query'] }),
      runners(state, [...read, ...write, ...partiQl], { overdue: ['Query'] }),
      ...github,
      ...launchGrants(world),
      describeGrant(),
      terminateGrant(scope, environment),
      sendToTiers,
    ],
  };
}

const read = ['GetItem', 'BatchGetItem'];
/** Transactions need no action of their own but for checks. */
const write = ['PutItem', 'UpdateItem', 'ConditionCheckItem'];
/** Many rows in one call, each for itself, are written as statements. */
const partiQl = ['PartiQLInsert', 'PartiQLUpdate'];

type Indexes = Readonly<Record<string, readonly string[]>>;

const tenants = ({ tenants: table }: State, actions: readonly string[], indexes: Indexes = {}) =>
  tableGrant('Tenants', { table, variable: variables.tenantsTable, actions, indexes });
const jobs = ({ jobs: table }: State, actions: readonly string[], indexes: Indexes = {}) =>
  tableGrant('Jobs', { table, variable: variables.jobsTable, actions, indexes });
const launches = ({ launches: table }: State, actions: readonly string[], indexes: Indexes = {}) =>
  tableGrant('Launches', { table, variable: variables.launchesTable, actions, indexes });
const runners = ({ runners: table }: State, actions: readonly string[], indexes: Indexes = {}) =>
  tableGrant('Runners', { table, variable: variables.runnersTable, actions, indexes });

/** Every tier's queue, and one variable that holds all addresses by tier name. */
function sendToTiersGrant({ scope, tierQueues }: GrantWorld): Grant {
  const queues = [...tierQueues];
  const { statements } = allow('SendToTiers', {
    actions: ['sqs:SendMessage'],
    resources: queues.map(([, queue]) => queue.queueArn),
  });
  const urls = Object.fromEntries(queues.map(([tier, queue]) => [tier, queue.queueUrl]));
  return { statements, variables: { [variables.tierQueueUrls]: Stack.of(scope).toJsonString(urls) } };
}
