/**
 * One page for the operator, from effects that tenants notice down to the functions: waits first, then the phases
 * of a job, EC2's and GitHub's answers, queues, functions, repairs. It holds no state.
 */
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Deployment } from '../../contract/deployment.ts';
import { deadLettersOf, namesOf } from '../../contract/resource-names.ts';
import { functionMetric, platformLines, platformMetric, queueMetric } from './platform-metrics.ts';

export function createDashboard(
  scope: Construct,
  deployment: Deployment,
  alarms: readonly IAlarm[],
): Dashboard {
  const { environment } = deployment;
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: environment,
    widgets: [
      [new AlarmStatusWidget({ alarms: [...alarms], width: 24, height: 4, title: 'Alarms' })],
      waits(environment),
      phases(environment),
      launches(environment),
      github(environment),
      admission(environment),
      queues(deployment),
      functions(deployment),
      repairs(environment),
    ],
  });
}

function waits(environment: string): IWidget[] {
  const now = { by: ['tier'] as const, statistic: 'Maximum', minutes: 1 };
  return [
    graph('Jobs that wait', [platformLines(environment, 'JobsWaiting', now)]),
    graph('Oldest wait, seconds', [platformLines(environment, 'OldestWaitSeconds', now)]),
    graph('Oldest unexplained wait, seconds', [
      platformLines(environment, 'OldestUnexplainedWaitSeconds', now),
    ]),
    graph('Leases in use', [platformLines(environment, 'LeasesInUse', now)]),
    graph('Held by spend caps', [
      platformLines(environment, 'JobsHeldBySpendCap', now),
      platformLines(environment, 'TenantsAtSpendCap', now),
    ]),
  ];
}

/** In the order of a job's life. */
const phaseNames = [
  'ReceivedToAcceptedMilliseconds',
  'AcceptedToLeasedMilliseconds',
  'LeasedToAskedMilliseconds',
  'LeasedToLaunchedMilliseconds',
  'LeasedToClaimedMilliseconds',
  'UpToScriptMilliseconds',
  'ScriptToPreparedMilliseconds',
  'PreparedToClaimedMilliseconds',
  'ClaimedToMintedMilliseconds',
  'ClaimedToListeningMilliseconds',
  'ListeningToStartedMilliseconds',
] as const;

function phases(environment: string): IWidget[] {
  const all = (statistic: string) =>
    phaseNames.map((name) =>
      platformMetric(environment, name, { dimensions: {}, statistic, minutes: 5 }).with({ label: name }),
    );
  const started = { by: ['tier'] as const, minutes: 5 };
  return [
    graph('Phases of a job, median', all('p50')),
    graph('Phases of a job, 99th percentile', all('p99')),
    graph('Queued to started by tier, median', [
      platformLines(environment, 'QueuedToStartedMilliseconds', { ...started, statistic: 'p50' }),
    ]),
    graph('Queued to started by tier, 99th percentile', [
      platformLines(environment, 'QueuedToStartedMilliseconds', { ...started, statistic: 'p99' }),
    ]),
  ];
}

const sums = { statistic: 'Sum', minutes: 5 } as const;

function launches(environment: string): IWidget[] {
  return [
    graph('Launches by result', [platformLines(environment, 'Launches', { ...sums, by: ['result'] })]),
    graph('Launches by tier and result', [
      platformLines(environment, 'Launches', { ...sums, by: ['tier', 'result'] }),
    ]),
    graph('Machines started', [platformLines(environment, 'MachinesStarted', { ...sums, by: ['tier'] })]),
    graph('Machines ended', [platformLines(environment, 'RunnersEnded', { ...sums, by: ['reason'] })]),
  ];
}

function github(environment: string): IWidget[] {
  const of = (name: 'WebhooksRefused' | 'WebhooksIgnored' | 'WebhooksFailed' | 'FactsQueued') =>
    platformMetric(environment, name, { ...sums, dimensions: {} });
  return [
    graph('Webhooks', [
      functionMetric(`${environment}-webhook`, 'Invocations', sums),
      of('WebhooksRefused'),
      of('WebhooksIgnored'),
      of('WebhooksFailed'),
      of('FactsQueued'),
    ]),
    graph('Jobs', [
      platformLines(environment, 'JobsAccepted', { ...sums, by: ['tier'] }),
      platformLines(environment, 'JobsDone', { ...sums, by: ['tier', 'outcome'] }),
      platformLines(environment, 'JobsExpired', { ...sums, by: ['tier'] }),
    ]),
    graph('Jobs refused', [platformLines(environment, 'JobsRefused', { ...sums, by: ['reason'] })]),
    graph('What GitHub refuses', [
      platformLines(environment, 'GitHubRefusals', { ...sums, by: ['reason'] }),
      platformLines(environment, 'GitHubCallsHeldBack', { ...sums, by: ['kind'] }),
    ]),
  ];
}

function admission(environment: string): IWidget[] {
  const answers = (statistic: string) =>
    platformMetric(environment, 'AdmissionAnswerMilliseconds', {
      dimensions: {},
      statistic,
      minutes: 5,
    }).with({ label: statistic });
  const byGate = { ...sums, by: ['kind', 'outcome'] as const };
  const of = (name: 'ControllersConnected' | 'GatesDisagree', minutes: number) =>
    platformMetric(environment, name, { dimensions: {}, statistic: 'Sum', minutes });
  return [
    graph('Admission decisions, by gate', [platformLines(environment, 'AdmissionDecisions', byGate)]),
    graph('Admission votes in dry run, by gate', [platformLines(environment, 'AdmissionDryRuns', byGate)]),
    graph('Answers of controllers, milliseconds', [answers('p50'), answers('p99')]),
    graph('Jobs held by controllers', [
      platformLines(environment, 'JobsHeldByControllers', { by: ['tier'], statistic: 'Maximum', minutes: 1 }),
      of('ControllersConnected', 1),
      of('GatesDisagree', 5),
    ]),
  ];
}

function queues(deployment: Deployment): IWidget[] {
  const { queues: names } = namesOf(deployment);
  return [
    graph(
      'Messages in queues',
      names.map((name) => queueMetric(name, 'ApproximateNumberOfMessagesVisible', 'Maximum')),
    ),
    graph(
      'Oldest message, seconds',
      names.map((name) => queueMetric(name, 'ApproximateAgeOfOldestMessage', 'Maximum')),
    ),
    graph(
      'Dead letters',
      names.map((name) => queueMetric(deadLettersOf(name), 'ApproximateNumberOfMessagesVisible', 'Maximum')),
    ),
  ];
}

function functions(deployment: Deployment): IWidget[] {
  const { functions: names } = namesOf(deployment);
  const each = (metric: string, statistic: string) =>
    names.map((name) => functionMetric(name, metric, { statistic, minutes: 5 }));
  return [
    graph('Function errors', each('Errors', 'Sum')),
    graph('Function throttles', each('Throttles', 'Sum')),
    graph('Function copies', each('ConcurrentExecutions', 'Maximum')),
    graph('Function time, 99th percentile', each('Duration', 'p99')),
  ];
}

function repairs(environment: string): IWidget[] {
  const sweep = (name: 'SweepsDone' | 'SweepFailures' | 'SweepsCut') =>
    platformMetric(environment, name, { ...sums, dimensions: {} });
  return [
    graph('Repairs by kind', [platformLines(environment, 'Repairs', { ...sums, by: ['kind'] })]),
    graph('Sweeps', [sweep('SweepsDone'), sweep('SweepFailures'), sweep('SweepsCut')]),
    graph('Claims and confirms refused', [
      platformLines(environment, 'ClaimsRefused', { ...sums, by: ['reason'] }),
      platformLines(environment, 'ConfirmsRefused', { ...sums, by: ['reason'] }),
    ]),
    graph('Messages that failed', [
      platformLines(environment, 'MessagesFailed', { ...sums, by: ['reason'] }),
    ]),
    graph('Runner programs', [platformLines(environment, 'RunnerSyncs', { ...sums, by: ['result'] })]),
  ];
}

const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 6, height: 6 });
