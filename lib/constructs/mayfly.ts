/**
 * The whole platform as one construct for another CDK app: the same network, state, control plane and observability as
 * this repository's own stacks, in the stack that contains it. Names begin with the environment, so two platforms of one
 * environment cannot exist side by side; synthesis reports it, not the deploy.
 */
import type { Alarm, Dashboard, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Connections, type IConnectable, type SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Stack, Stage, Tags } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { ConfigurationError } from '../config/configuration-error.ts';
import { type FunctionName, functionNames } from '../contract/functions.ts';
import type { DimensionSetOf } from '../contract/metric-dimensions.ts';
import type { MetricName } from '../contract/metrics.ts';
import { tables } from '../contract/tables.ts';
import { tagKeys } from '../core/tags.ts';
import { manageAccess, readAccess } from './access/table-access.ts';
import { boundRoles } from './basics/permissions-boundary.ts';
import type { ControlPlane } from './control-plane.ts';
import { letServicesUse } from './mayfly-key.ts';
import { createParts } from './mayfly-parts.ts';
import { configOf, type MayflyProps } from './mayfly-props.ts';
import {
  type DeadLettersOwner,
  DeploymentMetrics,
  type LaunchFailureResult,
  type MetricView,
} from './observability/deployment-metrics.ts';

export class Mayfly extends Construct implements IConnectable {
  /** Prefix of every name. */
  readonly environment: string;
  /** The webhook URL for the GitHub App. It ends with a slash. */
  readonly webhookUrl: string;
  /** The URL that machines ask for their job. It ends with a slash. */
  readonly claimUrl: string;
  /** The secret that signs webhooks, for the GitHub App. */
  readonly webhookSecret: Secret;
  /** Where the GitHub App itself is stored. */
  readonly appSecret: Secret;
  readonly tenantsTable: Table;
  readonly jobsTable: Table;
  readonly runnersTable: Table;
  /** By tier name: the queue of its queued jobs. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** By name: webhook, scale-up, claim, … */
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  /** The machines' network. */
  readonly securityGroup: SecurityGroup;
  /** The machines' security group: `database.connections.allowDefaultPortFrom(mayfly)` lets jobs reach your database. */
  readonly connections: Connections;
  /**
   * What the operator's commands read from a stack: `for (const [name, value] of Object.entries(mayfly.outputs)) new
   * CfnOutput(this, name, { value })`, and then `npx mayfly setup --stack NAME`.
   */
  readonly outputs: Readonly<Record<string, string>>;
  /** Empty without observability. */
  readonly alarms: readonly Alarm[];
  /** Undefined without observability; so is the topic. */
  readonly dashboard: Dashboard | undefined;
  readonly alarmTopic: ITopic | undefined;
  readonly #metrics: DeploymentMetrics;

  /** @throws ConfigurationError that lists every error in the props */
  constructor(scope: Construct, id: string, props: MayflyProps) {
    super(scope, id);
    const config = configOf(this, props);
    const { environment } = config.deployment;
    this.environment = environment;
    refuseSecond(this);
    const { network, state, controlPlane, observability } = createParts(this, config, props);
    if (props.encryptionKey) letServicesUse(props.encryptionKey, this, config);
    this.webhookUrl = controlPlane.functions.webhook.url!;
    this.claimUrl = controlPlane.functions.claim.url!;
    this.webhookSecret = state.webhookSecret;
    this.appSecret = state.appSecret;
    this.tenantsTable = state.tenants;
    this.jobsTable = state.jobs;
    this.runnersTable = state.runners;
    this.queues = controlPlane.tierQueues;
    this.functions = lambdasOf(controlPlane);
    this.securityGroup = network.securityGroup;
    this.outputs = {
      WebhookEndpoint: this.webhookUrl,
      ClaimEndpoint: this.claimUrl,
      SetupPage: controlPlane.functions.setup.url!,
      AdmissionApi: controlPlane.functions['admission-api'].url!,
      WebhookSecretArn: state.webhookSecret.secretArn,
      AppSecretArn: state.appSecret.secretArn,
      SetupSecretArn: state.setupSecret.secretArn,
      GitHubApi: config.githubApiUrl,
      GitHubWeb: config.githubWebUrl,
    };
    this.connections = new Connections({ securityGroups: [network.securityGroup] });
    this.dashboard = observability?.dashboard;
    this.alarms = observability?.alarms ?? [];
    this.alarmTopic = observability?.topic;
    this.#metrics = new DeploymentMetrics(this, config.deployment);
    Tags.of(this).add(tagKeys.environment, environment);
    boundRoles(this, config.permissionsBoundaryArn);
  }

  /** Read tenants: their status, plan, limits and leases. */
  grantReadTenants(grantee: IGrantable): Grant {
    return readAccess({ table: this.tenantsTable, grantee }, indexesOf('tenants'));
  }

  /**
   * Read tenants, and update what is the operator's to decide: `status`, `tier`, `max_runners`, `allowed_tiers`,
   * `weight`, `attention` and the like (`managedAttributes`). An update that names any other attribute is denied; leases
   * are safe.
   */
  grantManageTenants(grantee: IGrantable): Grant {
    const manage = manageAccess({ table: this.tenantsTable, grantee });
    return this.grantReadTenants(grantee).combine(manage);
  }

  /** Read jobs: what waits, and why. */
  grantReadJobs(grantee: IGrantable): Grant {
    return readAccess({ table: this.jobsTable, grantee }, indexesOf('jobs'));
  }

  /** Read runners: which machine ran which job for which tenant. */
  grantReadRunners(grantee: IGrantable): Grant {
    return readAccess({ table: this.runnersTable, grantee }, indexesOf('runners'));
  }

  /**
   * Any metric of the catalogue (lib/contract/metrics.ts explains units and meanings) under one of its sets of
   * dimensions. Statistic: Sum for counts, Maximum for seconds and levels, median for milliseconds. Period: 5 minutes.
   */
  metric<Name extends MetricName>(name: Name, dimensions: DimensionSetOf<Name>, view?: MetricView): Metric {
    return this.#metrics.metric(name, dimensions, view);
  }

  /** Milliseconds from GitHub's creation of a job to the news that it runs; median of 5 minutes. */
  metricQueuedToStarted(tier?: string, view?: MetricView): Metric {
    return this.metric('QueuedToStartedMilliseconds', tier === undefined ? {} : { tier }, view);
  }

  /** Milliseconds from the job's webhook to its lease, including waits for a free one; median of 5 minutes. */
  metricAcceptedToLeased(tier?: string, view?: MetricView): Metric {
    return this.metric('AcceptedToLeasedMilliseconds', tier === undefined ? {} : { tier }, view);
  }

  /** Jobs that wait for a machine, counted each minute; maximum of 5 minutes. */
  metricJobsWaiting(tier: string, view?: MetricView): Metric {
    return this.metric('JobsWaiting', { tier }, view);
  }

  /** Seconds that the longest waiting job has waited, for whatever reason; 0 if none waits; maximum of 5 minutes. */
  metricOldestWaitingJob(tier: string, view?: MetricView): Metric {
    return this.metric('OldestWaitSeconds', { tier }, view);
  }

  /** Seconds that the longest waiting job has waited without any function looking at it; maximum of 5 minutes. */
  metricOldestUnexplainedWait(tier?: string, view?: MetricView): Metric {
    return this.metric('OldestUnexplainedWaitSeconds', tier === undefined ? {} : { tier }, view);
  }

  /** Leases held by machines or by launches in progress, over all tenants; maximum of 5 minutes. */
  metricLeasesInUse(tier: string, view?: MetricView): Metric {
    return this.metric('LeasesInUse', { tier }, view);
  }

  /** Queued jobs recorded for the first time; count, sum of 5 minutes. */
  metricJobsAccepted(tier: string, view?: MetricView): Metric {
    return this.metric('JobsAccepted', { tier }, view);
  }

  /** Jobs that GitHub reports as completed; count, sum of 5 minutes. */
  metricJobsDone(tier: string, outcome: 'completed' | 'cancelled', view?: MetricView): Metric {
    return this.metric('JobsDone', { tier, outcome }, view);
  }

  /** Jobs that will never get a machine; count, sum of 5 minutes. */
  metricJobsRefused(view?: MetricView): Metric {
    return this.metric('JobsRefused', {}, view);
  }

  /** Machines that CreateFleet started; count, sum of 5 minutes. */
  metricMachinesStarted(tier?: string, view?: MetricView): Metric {
    return this.metric('MachinesStarted', tier === undefined ? {} : { tier }, view);
  }

  /** CreateFleet calls that failed for one class of reasons, over all tiers; count, sum of 5 minutes. */
  metricLaunchFailures(failure: LaunchFailureResult, view?: MetricView): Metric {
    return this.metric('Launches', { result: failure }, view);
  }

  /** Webhooks answered with 503, which GitHub does not send again on its own; count, sum of 5 minutes. */
  metricWebhooksFailed(view?: MetricView): Metric {
    return this.metric('WebhooksFailed', {}, view);
  }

  /**
   * Messages in a dead-letter queue after an hour of failures, of a tier's queue or of a shared one; count, maximum of 5
   * minutes.
   */
  metricDeadLetters(of: DeadLettersOwner, view?: MetricView): Metric {
    return this.#metrics.deadLetters(of, view);
  }
}

const indexesOf = (table: keyof typeof tables) =>
  Object.values(tables[table].indexes).map(({ name }) => name);

const lambdasOf = ({ functions }: ControlPlane) =>
  Object.fromEntries(functionNames.map((name) => [name, functions[name].lambda])) as Record<
    FunctionName,
    LambdaFunction
  >;

/** Both would create the same tables. Other stages of an app usually go to other accounts. */
function refuseSecond(mayfly: Mayfly) {
  const { environment } = mayfly;
  const { account, region } = Stack.of(mayfly);
  const stage = Stage.of(mayfly);
  const isSame = (other: IConstruct) =>
    other instanceof Mayfly &&
    other !== mayfly &&
    other.environment === environment &&
    Stack.of(other).account === account &&
    Stack.of(other).region === region &&
    Stage.of(other) === stage;
  const second = mayfly.node.root.node.findAll().find(isSame);
  if (!second) return;
  throw new ConfigurationError(
    `environment is "${environment}", which Mayfly at ${second.node.path} has in the same account and region; ` +
      `give ${mayfly.node.path} another one.`,
  );
}
