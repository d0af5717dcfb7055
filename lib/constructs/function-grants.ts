/**
 * Who may do what: one entry a function, and nothing besides. Read it against the use case that the function calls.
 * No entry has a wildcard action, and none can pass a role but that of a tier's machines, to EC2 alone.
 */
import { Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { subnetsText, variables } from '../contract/environment.ts';
import type { TierName } from '../core/ids.ts';
import type { Architecture } from '../core/tier.ts';
import type { FunctionName } from './functions.ts';
import {
  allow,
  consumeActions,
  consumeGrant,
  type Grant,
  secretGrant,
  sendGrant,
  tell,
  writeSecretGrant,
} from './grant.ts';
import {
  consoleGrant,
  describeGrant,
  launchGrants,
  type MachineGrantOptions,
  terminateGrant,
} from './machine-grants.ts';
import { pipelineArn } from './machine-image-names.ts';
import type { RunnerBinaries } from './runner-binaries.ts';
import type { State } from './state.ts';
import { storeGrant } from './store-grant.ts';

export interface GrantWorld extends MachineGrantOptions {
  readonly state: State;
  readonly tierQueues: ReadonlyMap<TierName, Queue>;
  readonly lifecycleQueue: Queue;
  readonly installationsQueue: Queue;
  readonly githubApiUrl: string;
  readonly githubWebUrl: string;
  readonly webhookUrl: string;
  readonly runnerBinaries: RunnerBinaries;
  readonly runnerReleasesUrl: string;
  /** Of the images that are made; none: the syncer starts no builds. */
  readonly imageArchitectures: readonly Architecture[];
}

/** What copies tell each other: GitHub's budgets, and what else is worth knowing for a while. */
const notes = ['BatchGetItem', 'UpdateItem'];

/** The one function that writes secrets. It launches nothing, reads no queue, and sees no tenant. */
const setupGrants = (world: GrantWorld): Grant[] => {
  const { state } = world;
  return [
    secretGrant('ReadSetupSecret', state.setupSecret, variables.setupSecretArn),
    writeSecretGrant('StoreApp', state.appSecret, variables.appSecretArn),
    writeSecretGrant('StoreWebhookSecret', state.webhookSecret, variables.webhookSecretArn),
    storeGrant(state, { notes }),
    tell(variables.githubApiUrl, world.githubApiUrl),
    tell(variables.githubWebUrl, world.githubWebUrl),
    tell(variables.webhookUrl, world.webhookUrl),
  ];
};

export function functionGrants(world: GrantWorld): Record<FunctionName, Grant[]> {
  const { scope, environment, network, state, lifecycleQueue, installationsQueue } = world;
  const webhookSecret = secretGrant('ReadWebhookSecret', state.webhookSecret, variables.webhookSecretArn);
  const ticketSecret = secretGrant('ReadTicketSecret', state.ticketSecret, variables.ticketSecretArn);
  const github = [
    secretGrant('ReadAppSecret', state.appSecret, variables.appSecretArn),
    tell(variables.githubApiUrl, world.githubApiUrl),
  ];
  const subnets = tell(
    variables.subnets,
    subnetsText(
      network.subnets.map((subnet) => ({ subnetId: subnet.subnetId, zone: subnet.availabilityZone })),
    ),
  );
  const sendToTiers = tierQueuesGrant(world, 'SendToTiers', ['sqs:SendMessage']);
  const sendToLifecycle = sendGrant('SendToLifecycle', lifecycleQueue, variables.lifecycleQueueUrl);
  const sendToInstallations = sendGrant(
    'SendToInstallations',
    installationsQueue,
    variables.installationsQueueUrl,
  );
  return {
    webhook: [sendToTiers, sendToLifecycle, sendToInstallations, webhookSecret],
    'tenant-manager': [
      consumeGrant('ReceiveInstallations', installationsQueue),
      storeGrant(state, {
        tenants: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'by-account:Query'],
        jobs: ['UpdateItem', 'pending:Query'],
        notes,
      }),
      ...github,
      sendToInstallations,
      sendToLifecycle,
      sendToTiers,
    ],
    'scale-up': [
      tierQueuesGrant(world, 'ReceiveAndSendJobs', ['sqs:SendMessage', ...consumeActions]),
      storeGrant(state, {
        tenants: ['GetItem', 'UpdateItem'],
        jobs: ['UpdateItem', 'PartiQLInsert', 'PartiQLUpdate', 'pending:Query'],
        launches: ['GetItem', 'PutItem', 'UpdateItem'],
        runners: ['PartiQLInsert'],
        notes,
      }),
      ticketSecret,
      subnets,
      ...launchGrants(world),
    ],
    claim: [
      ticketSecret,
      ...github,
      storeGrant(state, {
        tenants: ['BatchGetItem', 'UpdateItem'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'pending:Query'],
        launches: ['GetItem'],
        runners: ['GetItem', 'UpdateItem'],
        notes,
      }),
    ],
    lifecycle: [
      consumeGrant('ReceiveEvents', lifecycleQueue),
      storeGrant(state, {
        tenants: ['GetItem', 'UpdateItem'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLInsert', 'pending:Query'],
        launches: ['GetItem', 'UpdateItem'],
        runners: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLUpdate'],
        notes,
      }),
      terminateGrant(scope, environment),
      consoleGrant(scope, environment),
      sendToTiers,
      sendToInstallations,
    ],
    sweep: [
      storeGrant(state, {
        tenants: ['GetItem', 'UpdateItem'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'pending:Query', 'pending:Scan'],
        launches: ['GetItem', 'BatchGetItem', 'UpdateItem', 'overdue:Query'],
        runners: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLInsert', 'overdue:Query'],
        notes,
      }),
      ...github,
      subnets,
      ...launchGrants(world),
      describeGrant(),
      terminateGrant(scope, environment),
      consoleGrant(scope, environment),
      sendToTiers,
    ],
    reconciler: [
      storeGrant(state, {
        tenants: ['GetItem', 'UpdateItem', 'Scan'],
        jobs: ['GetItem', 'UpdateItem', 'pending:Query'],
        launches: ['GetItem', 'UpdateItem'],
        runners: ['BatchGetItem'],
        notes,
      }),
      ...github,
      describeGrant(),
      terminateGrant(scope, environment),
      sendToTiers,
      sendToLifecycle,
      sendToInstallations,
    ],
    'runner-syncer': [
      ...world.runnerBinaries.syncGrants(),
      tell(variables.runnerReleasesUrl, world.runnerReleasesUrl),
      ...imageBuildGrants(world),
    ],
    setup: setupGrants(world),
  };
}

/** These very pipelines. They run with a role of Image Builder's own, so nothing is passed. */
function imageBuildGrants({ scope, environment, imageArchitectures }: GrantWorld): Grant[] {
  if (imageArchitectures.length === 0) return [];
  const pipelines = Object.fromEntries(
    imageArchitectures.map((each) => [each, pipelineArn(scope, environment, each)]),
  );
  const actions = ['imagebuilder:StartImagePipelineExecution'];
  return [
    allow('BuildImages', { actions, resources: Object.values(pipelines) }),
    tell(variables.imagePipelines, Stack.of(scope).toJsonString(pipelines)),
  ];
}

/**
 * Every tier's queue, and one variable that holds all addresses by tier name. One statement a function: with thirty
 * queues, a second list of them would not fit in a role.
 */
function tierQueuesGrant({ scope, tierQueues }: GrantWorld, sid: string, actions: readonly string[]): Grant {
  const queues = [...tierQueues];
  const { statements } = allow(sid, { actions, resources: queues.map(([, queue]) => queue.queueArn) });
  const urls = Object.fromEntries(queues.map(([tier, queue]) => [tier, queue.queueUrl]));
  return { statements, variables: { [variables.tierQueueUrls]: Stack.of(scope).toJsonString(urls) } };
}
