/**
 * The whole platform as one construct, for somebody else's CDK app: the same network, state, control plane and
 * observability that this repository's own stacks hold, in the stack that it is put into. Names begin with the
 * environment, so two of one environment cannot stand side by side; that is told at synthesis, not at the deploy.
 */
import { Stack, Stage, Tags } from 'aws-cdk-lib';
import type { Alarm, Dashboard, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Connections, type IConnectable, type SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { ConfigurationError } from '../config/check-config.ts';
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
  /** To enter at the GitHub App. It ends with a slash. */
  readonly webhookUrl: string;
  /** Where machines ask what to run. It ends with a slash. */
  readonly claimUrl: string;
  /** The secret that signs webhooks; to enter at the GitHub App. */
  readonly webhookSecret: Secret;
  /** Where the GitHub App itself is kept. */
  readonly appSecret: Secret;
  readonly tenantsTable: Table;
  readonly jobsTable: Table;
  readonly runnersTable: Table;
  /** By name of the tier: where its queued jobs come in. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** By name: webhook, scale-up, claim, … */
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  /** Of the machines. */
  readonly securityGroup: SecurityGroup;
  /** Of the machines: `database.connections.allowDefaultPortFrom(mayfly)` lets jobs reach what is yours. */
  readonly connections: Connections;
  /**
   * What the operator's commands read of a stack: `for (const [name, value] of Object.entries(mayfly.outputs)) new
   * CfnOutput(this, name, { value })`, and then `npx mayfly setup --stack NAME`.
   */
  readonly outputs: Readonly<Record<string, string>>;
  /** Empty without observability. */
  readonly alarms: readonly Alarm[];
  /** Undefined without observability, as is the topic. */
  readonly dashboard: Dashboard | undefined;
  readonly alarmTopic: ITopic | undefined;
  readonly #metrics: DeploymentMetrics;

  /** @throws ConfigurationError that lists all faults of the props */
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

  /** Reading tenants: their status, plan, limits and leases. */
  grantReadTenants(grantee: IGrantable): Grant {
    return readAccess({ table: this.tenantsTable, grantee }, indexesOf('tenants'));
  }

  /**
   * Reading tenants, and updating what is an operator's to decide: `status`, `tier`, `max_runners`, `allowed_tiers`,
   * `weight`, `attention` and the like (`managedAttributes`). An update that names any other attribute is refused; leases are safe.
   */
  grantManageTenants(grantee: IGrantable): Grant {
    const manage = manageAccess({ table: this.tenantsTable, grantee });
    return this.grantReadTenants(grantee).combine(manage);
  }

  /** Reading jobs: what waits, and why. */
  grantReadJobs(grantee: IGrantable): Grant {
    return readAccess({ table: this.jobsTable, grantee }, indexesOf('jobs'));
  }

  /** Reading runners: which machine ran which job for which tenant. */
  grantReadRunners(grantee: IGrantable): Grant {
    return readAccess({ table: this.runnersTable, grantee }, indexesOf('runners'));
  }

  /**
   * Any metric of the catalogue (lib/contract/metrics.ts, which tells unit and meaning) under one of its sets of
   * dimensions. Statistic: Sum of counts, Maximum of seconds and of levels, median of milliseconds. Period: 5 minutes.
   */
  metric<Name extends MetricName>(name: Name, dimensions: DimensionSetOf<Name>, view?: MetricView): Metric {
    return this.#metrics.metric(name, dimensions, view);
  }

  /** Milliseconds from the time at which GitHub made a job to hearing that it runs; median of 5 minutes. */
  metricQueuedToStarted(tier?: string, view?: MetricView): Metric {
    return this.metric('QueuedToStartedMilliseconds', tier === undefined ? {} : { tier }, view);
  }

  /** Milliseconds from hearing of a job to its lease, waits for a free one included; median of 5 minutes. */
  metricAcceptedToLeased(tier?: string, view?: MetricView): Metric {
    return this.metric('AcceptedToLeasedMilliseconds', tier === undefined ? {} : { tier }, view);
  }

  /** Jobs that wait for a machine, counted each minute; maximum of 5 minutes. */
  metricJobsWaiting(tier: string, view?: MetricView): Metric {
    return this.metric('JobsWaiting', { tier }, view);
  }

  /** Seconds that the longest waiting job has waited, whatever for; 0 where none waits; maximum of 5 minutes. */
  metricOldestWaitingJob(tier: string, view?: MetricView): Metric {
    return this.metric('OldestWaitSeconds', { tier }, view);
  }

  /** Seconds that the longest waiting job has waited that nobody has looked at; maximum of 5 minutes. */
  metricOldestUnexplainedWait(tier?: string, view?: MetricView): Metric {
    return this.metric('OldestUnexplainedWaitSeconds', tier === undefined ? {} : { tier }, view);
  }

  /** Leases held by machines or launches under way, over all tenants; maximum of 5 minutes. */
  metricLeasesInUse(tier: string, view?: MetricView): Metric {
    return this.metric('LeasesInUse', { tier }, view);
  }

  /** Queued jobs recorded for the first time; count, sum of 5 minutes. */
  metricJobsAccepted(tier: string, view?: MetricView): Metric {
    return this.metric('JobsAccepted', { tier }, view);
  }

  /** Jobs that GitHub reports as over; count, sum of 5 minutes. */
  metricJobsDone(tier: string, outcome: 'completed' | 'cancelled', view?: MetricView): Metric {
    return this.metric('JobsDone', { tier, outcome }, view);
  }

  /** Jobs that never get a machine; count, sum of 5 minutes. */
  metricJobsRefused(view?: MetricView): Metric {
    return this.metric('JobsRefused', {}, view);
  }

  /** Machines that CreateFleet answered with; count, sum of 5 minutes. */
  metricMachinesStarted(tier?: string, view?: MetricView): Metric {
    return this.metric('MachinesStarted', tier === undefined ? {} : { tier }, view);
  }

  /** CreateFleet calls that failed for a class of reasons, over all tiers; count, sum of 5 minutes. */
  metricLaunchFailures(failure: LaunchFailureResult, view?: MetricView): Metric {
    return this.metric('Launches', { result: failure }, view);
  }

  /** Webhooks answered with 503, which GitHub does not send again by itself; count, sum of 5 minutes. */
  metricWebhooksFailed(view?: MetricView): Metric {
    return this.metric('WebhooksFailed', {}, view);
  }

  /** Messages set aside after an hour of tries, of a tier's queue or of one that all share; count, maximum of 5 minutes. */
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

/** Both would make the same tables. Other stages of an app are deployed to other accounts, as a rule. */
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
