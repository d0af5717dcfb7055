/**
 * The running platform: queues, functions, their triggers, and launch templates. It holds no state but messages, so all
 * of it may be replaced at any deploy.
 */
import type { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Code, EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Duration, Lazy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CheckedConfig } from '../config/check-config.ts';
import type { MachineSettings } from '../config/check-machines.ts';
import { queueConcurrency } from '../contract/concurrency.ts';
import { type FunctionName, functionNames } from '../contract/functions.ts';
import { tierQueueOf } from '../contract/queue-name.ts';
import { batchingWindowSeconds, type QueueReader } from '../contract/redelivery.ts';
import type { TierName } from '../core/ids.ts';
import { watchdogSeconds } from '../core/spend.ts';
import type { Architecture } from '../core/tier.ts';
import { functionGrants } from './access/function-grants.ts';
import { createQueue } from './basics/queue-with-dead-letters.ts';
import { PlatformFunction } from './functions/platform-function.ts';
import { bootUserData } from './machines/boot-script.ts';
import { createImageParameters } from './machines/image-parameters.ts';
import { createInstanceProfiles, instanceRoles } from './machines/instance-profiles.ts';
import { createLaunchTemplate } from './machines/launch-template.ts';
import { imageArchitectures } from './machines/machine-image-names.ts';
import { RunnerBinaries } from './machines/runner-binaries.ts';
import { imageFor } from './machines/runner-image.ts';
import type { Network } from './network/network.ts';
import { keyOf } from './state/encryption.ts';
import type { State } from './state/state.ts';

export interface ControlPlaneProps {
  readonly config: CheckedConfig;
  readonly network: Network;
  readonly state: State;
  /** Each function's bundle, by name. */
  readonly bundles: ReadonlyMap<string, string>;
  readonly bootScript: string;
}

export class ControlPlane extends Construct {
  readonly tierQueues: ReadonlyMap<TierName, Queue>;
  readonly launchTemplates: ReadonlyMap<TierName, CfnLaunchTemplate>;
  readonly functions: Readonly<Record<FunctionName, PlatformFunction>>;
  readonly runnerBinaries: RunnerBinaries;
  readonly #props: ControlPlaneProps;

  constructor(scope: Construct, id: string, props: ControlPlaneProps) {
    super(scope, id);
    this.#props = props;
    const { environment } = props.config.deployment;
    const key = keyOf(this, props.config.kmsKeyArn);
    this.tierQueues = this.#createTierQueues(key);
    const lifecycleQueue = createQueue(this, 'LifecycleQueue', {
      queueName: `${environment}-lifecycle`,
      reader: 'lifecycle',
      key,
    });
    const completionsQueue = createQueue(this, 'CompletionsQueue', {
      queueName: `${environment}-completions`,
      reader: 'lifecycle',
      key,
    });
    const installationsQueue = createQueue(this, 'InstallationsQueue', {
      queueName: `${environment}-installations`,
      reader: 'tenant-manager',
      key,
    });
    const admissionQueue = createQueue(this, 'AdmissionQueue', {
      queueName: `${environment}-admission`,
      reader: 'admission',
      key,
    });
    const queues = { lifecycleQueue, completionsQueue, installationsQueue, admissionQueue };
    this.runnerBinaries = new RunnerBinaries(this, 'RunnerBinaries', {
      s3EndpointId: props.network.s3EndpointId,
    });
    this.launchTemplates = this.#createLaunchTemplates(createImageParameters(this, props.config));
    this.functions = this.#createFunctions(queues);
    this.#connect(queues);
  }

  #createTierQueues(key: IKey | undefined) {
    const { environment, tiers } = this.#props.config.deployment;
    const scope = new Construct(this, 'TierQueues');
    return new Map(
      tiers.map(({ name }) => [
        name,
        createQueue(scope, name, {
          queueName: tierQueueOf(environment, name),
          reader: 'scale-up',
          key,
        }),
      ]),
    );
  }

  #createLaunchTemplates(imageParameters: ReadonlyMap<Architecture, CfnParameter>) {
    const { config, network, bootScript } = this.#props;
    const { environment, tiers, limits } = config.deployment;
    const scope = new Construct(this, 'LaunchTemplates');
    const profiles = createInstanceProfiles(this, config);
    // The claim function is created later; its URL is resolved at synthesis.
    const claimUrl = Lazy.string({ produce: () => this.functions.claim.url });
    const userData = (architecture: Architecture, machine: MachineSettings) =>
      bootUserData(bootScript, {
        CLAIM_URL: claimUrl,
        RUNNER_ARCHITECTURE: architecture,
        RUNNER_VERSION: config.deployment.runner.version ?? '',
        RUNNER_SHA256: config.deployment.runner.sha256[architecture] ?? '',
        RUNNER_BUCKET: this.runnerBinaries.hostForMachines,
        RELEASE_URL: releaseUrl(config),
        IDLE_SECONDS: String(limits.idleSeconds),
        LIFE_MINUTES: String(Math.ceil(watchdogSeconds(limits) / 60)),
        ROOTLESS: machine.rootless ? 'yes' : 'no',
        EXTRA_USER_DATA: Buffer.from(machine.extraUserData).toString('base64'),
      });
    const { securityGroupId } = network.securityGroup;
    return new Map(
      tiers.map((tier) => {
        const machine = config.machines.get(tier.name)!;
        const { instanceRoleArn } = machine;
        const template = createLaunchTemplate(scope, {
          environment,
          tier,
          machine,
          image: imageFor(tier, config),
          securityGroupId,
          instanceProfileArn: instanceRoleArn === undefined ? undefined : profiles.get(instanceRoleArn),
          kmsKeyArn: config.kmsKeyArn,
          userData: userData(tier.architecture, machine),
        });
        const parameter = imageParameters.get(tier.architecture);
        if (parameter && machine.image === undefined) template.addResourceDependency(parameter);
        return [tier.name, template];
      }),
    );
  }

  #createFunctions(queues: SharedQueues) {
    const { config, network, state, bundles } = this.#props;
    const { environment, tiers } = config.deployment;
    const grants = functionGrants({
      scope: this,
      environment,
      network,
      state,
      tierQueues: this.tierQueues,
      ...queues,
      images: tiers.map((tier) => imageFor(tier, config)),
      instanceTypes: tiers.flatMap(({ instanceTypes }) => instanceTypes),
      instanceRoles: instanceRoles(config),
      spot: tiers.some((tier) => tier.spot),
      githubApiUrl: config.githubApiUrl,
      runnerBinaries: this.runnerBinaries,
      runnerReleasesUrl: config.runnerReleasesUrl,
      imageArchitectures: imageArchitectures(config),
      apiCopies: config.reservedConcurrency['admission-api'],
      kmsKeyArn: config.kmsKeyArn,
      githubWebUrl: config.githubWebUrl,
      // Resolved at synthesis: the webhook's function is created from these grants too.
      webhookUrl: Lazy.string({ produce: () => this.functions.webhook.url }),
    });
    const entries = functionNames.map((name) => {
      const code = Code.fromAsset(bundles.get(name)!);
      return [
        name,
        new PlatformFunction(this, name, {
          environment,
          name,
          code,
          grants: grants[name],
          logRetentionDays: config.logRetentionDays,
          kmsKeyArn: config.kmsKeyArn,
          reservedConcurrency: config.reservedConcurrency[name],
        }),
      ] as const;
    });
    return Object.fromEntries(entries) as Record<FunctionName, PlatformFunction>;
  }

  /** Triggers of the functions that have no URL. */
  #connect({ lifecycleQueue, completionsQueue, installationsQueue, admissionQueue }: SharedQueues) {
    const { environment } = this.#props.config.deployment;
    for (const [tier, queue] of this.tierQueues) {
      this.#feed(tier, queue, 'scale-up', { maxConcurrency: this.#props.config.scaleUpConcurrency });
    }
    this.#feed('events', lifecycleQueue, 'lifecycle', {
      maxConcurrency: queueConcurrency.lifecycle.facts,
      batchSize: lifecycleBatch,
    });
    // A job may be waiting for the machine's place, or for its first step.
    this.#feed('completions', completionsQueue, 'lifecycle', {
      maxConcurrency: queueConcurrency.lifecycle.completions,
      waits: false,
    });
    this.#feed('events', installationsQueue, 'tenant-manager', {
      maxConcurrency: queueConcurrency['tenant-manager'],
    });
    this.#feed('events', admissionQueue, 'admission', { maxConcurrency: queueConcurrency.admission });
    this.#repeat('sweep', {
      id: 'EveryMinute',
      minutes: 1,
      description: 'Lets the sweep repair what was missed',
    });
    this.#repeat('reconciler', {
      id: 'EveryFiveMinutes',
      minutes: 5,
      description: 'Lets the reconciler compare the records with GitHub and EC2',
    });
    const syncs = this.#repeat('runner-syncer', {
      id: 'EveryQuarterOfAnHour',
      minutes: 15,
      description: 'Lets the syncer look for a new release of the runner program',
    });
    new Rule(this, 'MachineEnded', {
      ruleName: `${environment}-machine-ended`,
      description: 'Notifies the lifecycle queue that a machine of this account ended',
      eventPattern: {
        source: ['aws.ec2'],
        detailType: ['EC2 Instance State-change Notification'],
        // Not `shutting-down`: it arrives while the job's own end is being recorded, and all of that would be done twice.
        detail: { state: ['terminated', 'stopped'] },
      },
      targets: [new SqsQueue(lifecycleQueue)],
    });
    new Rule(this, 'SpotWarned', {
      ruleName: `${environment}-spot-warned`,
      description: 'Notifies the lifecycle queue that EC2 interrupts a spot machine in two minutes',
      eventPattern: { source: ['aws.ec2'], detailType: ['EC2 Spot Instance Interruption Warning'] },
      targets: [new SqsQueue(lifecycleQueue)],
    });
    createLast(this, syncs);
  }

  /**
   * Of itself Lambda would run a function twice more after a failure, beside the next runs, and keep throttled events for six
   * hours, to run them all at once. Here the next run does the same work.
   * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
   */
  #repeat(name: FunctionName, how: { id: string; minutes: number; description: string }): Rule {
    const { lambda } = this.functions[name];
    const every = Duration.minutes(how.minutes);
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: every });
    return new Rule(this, how.id, {
      ruleName: `${this.#props.config.deployment.environment}-${name}`,
      description: how.description,
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(lambda)],
    });
  }

  /** @param how.waits false: batches do not wait to fill, whatever is usual for the function */
  #feed(
    id: string,
    queue: Queue,
    name: QueueReader,
    how: { maxConcurrency: number; batchSize?: number; waits?: false },
  ) {
    const { lambda } = this.functions[name];
    const { maxConcurrency, batchSize = 10, waits = true } = how;
    const window = waits ? batchingWindowSeconds(name) : 0;
    new EventSourceMapping(this.functions[name], `From-${id}`, {
      target: lambda,
      eventSourceArn: queue.queueArn,
      batchSize,
      maxConcurrency,
      ...(window > 0 ? { maxBatchingWindow: Duration.seconds(window) } : {}),
      reportBatchItemFailures: true,
    });
  }
}

/** Where a machine asks for the current release if it finds nothing in the bucket. */
function releaseUrl({ runnerReleasesUrl, deployment }: CheckedConfig): string {
  const { version } = deployment.runner;
  return `${runnerReleasesUrl}/repos/actions/runner/releases/${version ? `tags/v${version}` : 'latest'}`;
}

/** Lets a failed first deploy remove its bucket, which it could not if the syncer had filled it. */
function createLast(scope: Construct, rule: Rule): void {
  const others = scope.node.children.filter((child) => child !== rule);
  rule.node.defaultChild!.node.addDependency(...others);
}

interface SharedQueues {
  readonly lifecycleQueue: Queue;
  readonly completionsQueue: Queue;
  readonly installationsQueue: Queue;
  readonly admissionQueue: Queue;
}

/**
 * Two copies with this many have 40 messages in flight each: SQS needs 30 in flight to find a noisy tenant. For
 * completions, three copies with ten each have as many.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
 */
const lifecycleBatch = 20;
