/**
 * What each function may do: one entry for each, and nothing else. Read it beside the use case that the function calls.
 * No entry has a wildcard action, and the only role that may be passed is that of a tier's machines, to EC2.
 */
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Arn, ArnFormat, Stack } from 'aws-cdk-lib/core';
import { subnetsText, tierUrlsText, variables } from '../../contract/environment.ts';
import { functionNameOf } from '../../contract/function-name.ts';
import type { FunctionName } from '../../contract/functions.ts';
import type { TierName } from '../../core/ids.ts';
import type { Architecture } from '../../core/tier.ts';
import {
  allow,
  consumeActions,
  consumeGrant,
  type Grant,
  secretGrant,
  sendGrant,
  setVariable,
  writeSecretGrant,
} from '../basics/grant.ts';
import { pipelineArn } from '../machines/machine-image-names.ts';
import type { RunnerBinaries } from '../machines/runner-binaries.ts';
import type { State } from '../state/state.ts';
import {
  describeGrant,
  describeLaunchGrant,
  endGrant,
  launchGrants,
  type MachineGrantOptions,
  terminateGrant,
} from './machine-grants.ts';
import { storeGrant } from './store-grant.ts';

export interface GrantedPlatform extends MachineGrantOptions {
  readonly state: State;
  readonly tierQueues: ReadonlyMap<TierName, Queue>;
  readonly lifecycleQueue: Queue;
  readonly completionsQueue: Queue;
  readonly installationsQueue: Queue;
  readonly admissionQueue: Queue;
  /** The admission API's reserved concurrency. Undefined: none. */
  readonly apiCopies: number | undefined;
  readonly githubApiUrl: string;
  readonly githubWebUrl: string;
  readonly webhookUrl: string;
  readonly runnerBinaries: RunnerBinaries;
  readonly runnerReleasesUrl: string;
  /** The image pipelines; empty: the syncer starts no builds. */
  readonly imageArchitectures: readonly Architecture[];
}

/** What copies of functions share: GitHub's budgets, and other short-lived data. */
const notes = ['BatchGetItem', 'UpdateItem'];

/** Functions that end machines record their usage, and read what another function recorded before. */
const usage = ['BatchGetItem', 'PartiQLInsert', 'PartiQLUpdate'];

/** Sums up past days from their records. */
const rollUp = ['BatchGetItem', 'Query', 'PutItem', 'UpdateItem'];

/** The only function that writes secrets. It launches nothing, reads no queue, and sees no tenant. */
const setupGrants = (platform: GrantedPlatform): Grant[] => {
  const { state } = platform;
  return [
    secretGrant('ReadSetupSecret', state.setupSecret, variables.setupSecretArn),
    writeSecretGrant('StoreApp', state.appSecret, variables.appSecretArn),
    writeSecretGrant('StoreWebhookSecret', state.webhookSecret, variables.webhookSecretArn),
    storeGrant(state, { notes, audit: ['PutItem'] }),
    setVariable(variables.githubApiUrl, platform.githubApiUrl),
    setVariable(variables.githubWebUrl, platform.githubWebUrl),
    setVariable(variables.webhookUrl, platform.webhookUrl),
  ];
};

export function functionGrants(platform: GrantedPlatform): Record<FunctionName, Grant[]> {
  const { scope, environment, network, state } = platform;
  const { lifecycleQueue, completionsQueue, installationsQueue, admissionQueue } = platform;
  const webhookSecret = secretGrant('ReadWebhookSecret', state.webhookSecret, variables.webhookSecretArn);
  const ticketSecret = secretGrant('ReadTicketSecret', state.ticketSecret, variables.ticketSecretArn);
  const github = [
    secretGrant('ReadAppSecret', state.appSecret, variables.appSecretArn),
    setVariable(variables.githubApiUrl, platform.githubApiUrl),
  ];
  const subnets = setVariable(
    variables.subnets,
    subnetsText(
      network.subnets.map((subnet) => ({ subnetId: subnet.subnetId, zone: subnet.availabilityZone })),
    ),
  );
  const sendToTiers = tierQueuesGrant(platform, 'SendToTiers', ['sqs:SendMessage']);
  const sendToLifecycle = sendGrant('SendToLifecycle', lifecycleQueue, variables.lifecycleQueueUrl);
  const sendToCompletions = sendGrant('SendToCompletions', completionsQueue, variables.completionsQueueUrl);
  const sendToInstallations = sendGrant(
    'SendToInstallations',
    installationsQueue,
    variables.installationsQueueUrl,
  );
  const sendToAdmission = sendGrant('SendToAdmission', admissionQueue, variables.admissionQueueUrl);
  return {
    webhook: [
      sendToTiers,
      sendToLifecycle,
      sendToCompletions,
      sendToInstallations,
      webhookSecret,
      invokeGrant(platform, 'InvokeLifecycle', 'lifecycle'),
    ],
    'tenant-manager': [
      consumeGrant('ReceiveInstallations', installationsQueue),
      storeGrant(state, {
        tenants: [
          'GetItem',
          'BatchGetItem',
          'PutItem',
          'ConditionCheckItem',
          'UpdateItem',
          'by-account:Query',
        ],
        jobs: ['GetItem', 'UpdateItem', 'pending:Query'],
        runners: ['GetItem', 'UpdateItem'],
        notes,
        audit: ['PutItem'],
      }),
      ...github,
      sendToInstallations,
      sendToLifecycle,
      sendToTiers,
    ],
    'scale-up': [
      tierQueuesGrant(platform, 'ReceiveAndSendJobs', ['sqs:SendMessage', ...consumeActions]),
      storeGrant(state, {
        tenants: ['BatchGetItem', 'UpdateItem'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLInsert', 'PartiQLUpdate', 'pending:Query'],
        launches: ['BatchGetItem', 'PutItem', 'UpdateItem', 'PartiQLUpdate'],
        runners: ['GetItem', 'PartiQLInsert'],
        notes,
        controllers: ['BatchGetItem', 'Query', 'PartiQLInsert'],
        audit: ['PartiQLInsert'],
      }),
      ticketSecret,
      subnets,
      sendToInstallations,
      sendToAdmission,
      ...launchGrants(platform),
      describeLaunchGrant(platform),
    ],
    claim: [
      ticketSecret,
      ...github,
      storeGrant(state, {
        tenants: ['BatchGetItem', 'UpdateItem'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLUpdate', 'pending:Query'],
        launches: ['BatchGetItem'],
        runners: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLInsert', 'PartiQLUpdate'],
        notes,
        controllers: ['BatchGetItem', 'Query', 'PartiQLInsert'],
        audit: ['PartiQLInsert'],
      }),
      sendToAdmission,
    ],
    admission: [
      consumeGrant('ReceiveQuestions', admissionQueue),
      storeGrant(state, {
        tenants: ['BatchGetItem'],
        jobs: ['GetItem', 'PartiQLUpdate'],
        controllers: ['GetItem', 'BatchGetItem', 'Query', 'UpdateItem', 'PartiQLInsert'],
        notes,
        audit: ['PartiQLInsert'],
      }),
      ...github,
      sendToAdmission,
      sendToTiers,
    ],
    lifecycle: [
      consumeGrant('ReceiveEvents', lifecycleQueue),
      consumeGrant('ReceiveCompletions', completionsQueue),
      storeGrant(state, {
        tenants: ['BatchGetItem', 'UpdateItem'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLInsert', 'PartiQLUpdate', 'pending:Query'],
        launches: ['BatchGetItem', 'UpdateItem', 'overdue:Query'],
        runners: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLUpdate'],
        notes,
        usage,
      }),
      describeGrant(platform),
      endGrant(scope, environment),
      sendToTiers,
      sendToInstallations,
    ],
    sweep: [
      storeGrant(state, {
        tenants: ['BatchGetItem', 'UpdateItem'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLUpdate', 'pending:Query', 'pending:Scan'],
        launches: ['BatchGetItem', 'UpdateItem', 'PartiQLUpdate', 'overdue:Query'],
        runners: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLInsert', 'PartiQLUpdate'],
        notes,
        usage,
        controllers: ['BatchGetItem'],
      }),
      ...github,
      subnets,
      ...launchGrants(platform),
      describeLaunchGrant(platform),
      endGrant(scope, environment),
      sendToTiers,
    ],
    reconciler: [
      storeGrant(state, {
        tenants: ['BatchGetItem', 'UpdateItem', 'Scan'],
        jobs: ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLUpdate', 'pending:Query'],
        launches: ['BatchGetItem', 'UpdateItem', 'overdue:Query'],
        runners: ['GetItem', 'BatchGetItem', 'UpdateItem'],
        notes,
        usage: [...usage, ...rollUp],
        controllers: ['BatchGetItem', 'Query', 'PutItem', 'UpdateItem'],
        audit: ['Query', 'PutItem'],
      }),
      ...github,
      describeGrant(platform),
      terminateGrant(scope, environment),
      sendToTiers,
      sendToLifecycle,
      sendToInstallations,
    ],
    'runner-syncer': [
      ...platform.runnerBinaries.syncGrants(),
      setVariable(variables.runnerReleasesUrl, platform.runnerReleasesUrl),
      ...imageBuildGrants(platform),
    ],
    setup: setupGrants(platform),
    'admission-api': [
      ...github,
      storeGrant(state, {
        tenants: ['BatchGetItem', 'UpdateItem'],
        controllers: [
          'GetItem',
          'BatchGetItem',
          'Query',
          'PutItem',
          'UpdateItem',
          'DeleteItem',
          'ConditionCheckItem',
          'unanswered:Query',
        ],
        notes,
        audit: ['PutItem'],
      }),
      sendToAdmission,
      ...(platform.apiCopies === undefined
        ? []
        : [setVariable(variables.reservedConcurrency, String(platform.apiCopies))]),
    ],
  };
}

/** By its name: functions are made of these grants. */
function invokeGrant({ scope, environment }: GrantedPlatform, sid: string, name: FunctionName): Grant {
  const resourceName = functionNameOf(environment, name);
  const arn = Arn.format(
    { service: 'lambda', resource: 'function', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME },
    Stack.of(scope),
  );
  return allow(sid, { actions: ['lambda:InvokeFunction'], resources: [arn] });
}

/** Only these pipelines. They run with Image Builder's own role, so no role is passed. */
function imageBuildGrants({ scope, environment, imageArchitectures }: GrantedPlatform): Grant[] {
  if (imageArchitectures.length === 0) return [];
  const pipelines = Object.fromEntries(
    imageArchitectures.map((each) => [each, pipelineArn(scope, environment, each)]),
  );
  const actions = ['imagebuilder:StartImagePipelineExecution'];
  return [
    allow('BuildImages', { actions, resources: Object.values(pipelines) }),
    setVariable(variables.imagePipelines, Stack.of(scope).toJsonString(pipelines)),
  ];
}

/**
 * Every tier's queue, and one variable that holds all URLs by tier name. One statement for each function: a second list
 * of thirty queues would not fit into a role.
 */
function tierQueuesGrant({ tierQueues }: GrantedPlatform, sid: string, actions: readonly string[]): Grant {
  const queues = [...tierQueues];
  const { statements } = allow(sid, { actions, resources: queues.map(([, queue]) => queue.queueArn) });
  const urls = new Map(queues.map(([tier, queue]) => [tier, queue.queueUrl]));
  return { statements, variables: { [variables.tierQueueUrls]: tierUrlsText(urls) } };
}
