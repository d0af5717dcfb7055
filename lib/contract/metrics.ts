/**
 * Every metric that the platform emits: its unit, dimensions, meaning, and which function emits it. Nothing outside this
 * list can be emitted, graphed or alarmed on. No metric has a tenant dimension: for ten thousand tenants it would cost
 * more than the machines.
 *
 * `sets` are the dimensions that a metric is published under, besides `environment`; `[]` is the sum over all. CloudWatch
 * bills each combination of values as a separate metric ($0.30 a month, prorated by the hours in which it is written).
 */
export const metricsNamespace = 'Mayfly';

/** Tenants, jobs and machines are never dimensions. */
export type DimensionName = 'tier' | 'reason' | 'result' | 'kind' | 'outcome' | 'status';

/** The functions that emit metrics, by their folder in lambdas/. */
type Emitter =
  | 'webhook'
  | 'tenant-manager'
  | 'scale-up'
  | 'admission'
  | 'admission-api'
  | 'claim'
  | 'lifecycle'
  | 'sweep'
  | 'reconciler'
  | 'runner-syncer';

interface Metric {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  readonly sets: readonly (readonly DimensionName[])[];
  readonly by: readonly Emitter[];
  readonly meaning: string;
}

export const metrics = {
  WebhooksRefused: {
    unit: 'Count',
    sets: [[], ['reason']],
    by: ['webhook'],
    meaning: 'Deliveries rejected: unsigned, too large, not JSON',
  },
  WebhooksIgnored: {
    unit: 'Count',
    sets: [[], ['reason']],
    by: ['webhook'],
    meaning: 'Signed deliveries that are not used, such as jobs for GitHub-hosted runners',
  },
  WebhooksFailed: {
    unit: 'Count',
    sets: [[]],
    by: ['webhook'],
    meaning: 'Deliveries answered with 503: an AWS service could not be reached',
  },
  FactsQueued: {
    unit: 'Count',
    sets: [[]],
    by: ['webhook'],
    meaning:
      'Facts that were sent directly to lifecycle and not confirmed by it, so they went through its queue',
  },
  JobsAccepted: {
    unit: 'Count',
    sets: [['tier']],
    by: ['scale-up'],
    meaning: 'Queued jobs recorded for the first time',
  },
  JobsRefused: {
    unit: 'Count',
    sets: [[], ['reason']],
    by: ['scale-up', 'claim', 'lifecycle', 'tenant-manager'],
    meaning: 'Jobs that never get a machine, by the reason stored with each',
  },
  JobsExpired: {
    unit: 'Count',
    sets: [['tier']],
    by: ['sweep'],
    meaning: 'Jobs that waited for as long as limits.waitSeconds allows',
  },
  JobsDone: {
    unit: 'Count',
    sets: [['tier', 'outcome']],
    by: ['lifecycle'],
    meaning: 'Jobs that GitHub reports as over: completed or cancelled',
  },
  JobsTakenByOthers: {
    unit: 'Count',
    sets: [['tier']],
    by: ['lifecycle'],
    meaning: 'Machines to which GitHub gave a different job than planned',
  },
  AdmissionDecisions: {
    unit: 'Count',
    sets: [['kind', 'outcome']],
    by: ['scale-up', 'admission', 'claim'],
    meaning: 'Decisions of admission controllers about jobs, by gate and outcome',
  },
  AdmissionDryRuns: {
    unit: 'Count',
    sets: [['kind', 'outcome']],
    by: ['scale-up', 'admission', 'claim'],
    meaning: 'Votes of admission controllers in dry run, which decide nothing, by gate and vote',
  },
  AdmissionAnswerMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['kind']],
    by: ['admission'],
    meaning: 'From the question to the answer of an admission controller, or its failure, by transport',
  },
  JobsHeldByControllers: {
    unit: 'Count',
    sets: [['tier']],
    by: ['sweep'],
    meaning: 'Jobs that wait for the answer of an admission controller, each minute',
  },
  JobsHeldBySpendCap: {
    unit: 'Count',
    sets: [['tier']],
    by: ['sweep'],
    meaning:
      "Jobs that wait because of their tenant's spend cap, with those behind them in its line, each minute",
  },
  TenantsAtSpendCap: {
    unit: 'Count',
    sets: [['tier']],
    by: ['sweep'],
    meaning: 'Tenants with at least one job in the tier that waits because of a spend cap, each minute',
  },
  ControllersConnected: {
    unit: 'Count',
    sets: [[]],
    by: ['admission-api'],
    meaning: 'Admission controllers that authenticated with their token; each counts at most once a minute',
  },
  TakesRefused: {
    unit: 'Count',
    sets: [['reason']],
    by: ['scale-up'],
    meaning: 'Lease transactions that conflicted with another one; each is planned again',
  },
  Launches: {
    unit: 'Count',
    sets: [['result'], ['tier', 'result']],
    by: ['scale-up', 'sweep'],
    meaning: 'CreateFleet calls, by `started` or the class of the first failure',
  },
  MachinesStarted: {
    unit: 'Count',
    sets: [[], ['tier']],
    by: ['scale-up', 'sweep'],
    meaning: 'Machines that CreateFleet started',
  },
  LaunchesResent: {
    unit: 'Count',
    sets: [['tier']],
    by: ['scale-up'],
    meaning: 'CreateFleet calls that were retried because the connection broke at once',
  },
  ClaimsRefused: {
    unit: 'Count',
    sets: [[], ['reason']],
    by: ['claim'],
    meaning: 'Requests that the claim function refused, from machines or anybody else',
  },
  ConfirmsRefused: {
    unit: 'Count',
    sets: [[], ['reason']],
    by: ['claim'],
    meaning: 'Machines whose confirm was refused: they do not start their runner',
  },
  StartsRefused: {
    unit: 'Count',
    sets: [[], ['reason']],
    by: ['claim'],
    meaning: 'Requests that the start gate refused, from machines or anybody else',
  },
  StartsAnswered: {
    unit: 'Count',
    sets: [['outcome']],
    by: ['claim'],
    meaning: 'Jobs that the start gate admitted or rejected, on the machine that GitHub gave them',
  },
  GatesDisagree: {
    unit: 'Count',
    sets: [[]],
    by: ['claim'],
    meaning: 'Jobs that the start gate rejected on a machine that was launched for another job',
  },
  StandDowns: {
    unit: 'Count',
    sets: [['tier']],
    by: ['claim'],
    meaning: 'Machines that claimed and found no job to run: they power off',
  },
  GitHubRefusals: {
    unit: 'Count',
    sets: [['reason']],
    by: ['claim', 'sweep'],
    meaning: 'Calls that GitHub refused: limited, forbidden, not-found or invalid',
  },
  GitHubCallsHeldBack: {
    unit: 'Count',
    sets: [['kind']],
    by: ['claim', 'sweep'],
    meaning: "Calls not made, to keep within an installation's budget, by purpose",
  },
  NotesFailed: {
    unit: 'Count',
    sets: [[]],
    by: ['claim', 'sweep', 'scale-up'],
    meaning: 'Notes for other copies that could not be written; each copy then learns the same by itself',
  },
  AcceptedToLeasedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['lifecycle'],
    meaning: "From a job's acceptance to the lease for its machine, including waits for a free one",
  },
  ReceivedToAcceptedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['scale-up'],
    meaning:
      "From the receipt of a queued job's webhook to the job's row: the webhook function and the queue",
  },
  LeasedToAskedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['scale-up', 'sweep'],
    meaning: 'From the plan of a launch to the request of CreateFleet: the transaction that takes the leases',
  },
  LeasedToLaunchedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['scale-up', 'sweep'],
    meaning: 'From the plan of a launch to the response of CreateFleet',
  },
  LeasedToClaimedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['lifecycle'],
    meaning: "From the plan of a launch to its machine's first claim: CreateFleet and the boot",
  },
  ClaimedToMintedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['claim'],
    meaning: 'From the claim to the JIT config: reading the plan, and the call to GitHub',
  },
  UpToScriptMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['claim'],
    meaning: "From the start of a machine's kernel to its boot script, as the machine reports",
  },
  ScriptToPreparedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['claim'],
    meaning: 'From the start of the boot script until the runner program is ready, as the machine reports',
  },
  PreparedToClaimedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['claim'],
    meaning:
      'From a ready runner program to the JIT config, including waits for a turn, as the machine reports',
  },
  ClaimedToListeningMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['lifecycle'],
    meaning: 'From the claim to the confirm: fetching the JIT config, and preparing the runner program',
  },
  ListeningToStartedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['lifecycle'],
    meaning: 'From the confirm to the report that GitHub gave the runner a job',
  },
  QueuedToStartedMilliseconds: {
    unit: 'Milliseconds',
    sets: [[], ['tier']],
    by: ['lifecycle'],
    meaning: 'From the creation of the job on GitHub to the report that it runs',
  },
  RunnersEnded: {
    unit: 'Count',
    sets: [['reason']],
    by: ['lifecycle', 'sweep'],
    meaning: 'Machines whose end is proven and whose lease is free again',
  },
  MachinesUnpriced: {
    unit: 'Count',
    sets: [[]],
    by: ['lifecycle', 'sweep', 'reconciler'],
    meaning: 'Ended machines without a price for their type or disk: reported costs are too low by theirs',
  },
  BillMismatchDays: {
    unit: 'Count',
    sets: [[]],
    by: ['reconciler'],
    meaning:
      "Days in a row on which cost records and AWS's bill differ by more than 3%, in the operator's last comparison",
  },
  MessagesFailed: {
    unit: 'Count',
    sets: [[], ['reason']],
    by: ['scale-up', 'lifecycle', 'tenant-manager'],
    meaning: 'Queue messages that failed and are delivered again, by error code; Bug is a bug in Mayfly',
  },
  Repairs: {
    unit: 'Count',
    sets: [['kind']],
    by: ['sweep', 'claim', 'reconciler'],
    meaning: 'Repairs of what events had missed, by kind',
  },
  UnknownJobsRun: {
    unit: 'Count',
    sets: [[]],
    by: ['tenant-manager', 'reconciler'],
    meaning:
      'Machines on which GitHub ran a job that it sent no webhook for, such as one of a repository outside the installation',
  },
  SweepsDone: {
    unit: 'Count',
    sets: [[]],
    by: ['sweep'],
    meaning: 'Sweeps that finished, even if parts of them failed; one each minute',
  },
  SweepFailures: {
    unit: 'Count',
    sets: [[]],
    by: ['sweep'],
    meaning: 'Parts of a sweep that threw; the next sweep tries them again',
  },
  SweepsCut: {
    unit: 'Count',
    sets: [[]],
    by: ['sweep'],
    meaning: '1 if a sweep left rows to the next one because a bound was reached, else 0',
  },
  JobsWaiting: {
    unit: 'Count',
    sets: [['tier']],
    by: ['sweep'],
    meaning: 'Jobs that wait for a machine, each minute',
  },
  OldestWaitSeconds: {
    unit: 'Seconds',
    sets: [['tier']],
    by: ['sweep'],
    meaning: 'How long the longest waiting job has waited, for any reason; 0 if none waits',
  },
  OldestUnexplainedWaitSeconds: {
    unit: 'Seconds',
    sets: [[], ['tier']],
    by: ['sweep'],
    meaning: 'The same for jobs that were not evaluated yet: their reason is still `queued`',
  },
  LeasesInUse: {
    unit: 'Count',
    sets: [['tier']],
    by: ['sweep'],
    meaning: 'Leases held by machines or by launches under way, over all tenants',
  },
  TenantsProvisioned: {
    unit: 'Count',
    sets: [['status']],
    by: ['tenant-manager'],
    meaning: 'New tenants, by the status they start with',
  },
  InstallationsNotBelieved: {
    unit: 'Count',
    sets: [[]],
    by: ['tenant-manager'],
    meaning: 'Events about installations that GitHub does not know: forged, or very late',
  },
  RunnerSyncs: {
    unit: 'Count',
    sets: [['result']],
    by: ['runner-syncer'],
    meaning: 'Checks for a new runner program, by architecture: current, stored, refused or failed',
  },
  RunnersInStep: {
    unit: 'Count',
    sets: [[]],
    by: ['runner-syncer'],
    meaning: '1 if a check found the runner programs of all architectures up to date, else 0',
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

/** The names of all dimensions of a metric, without duplicates. */
export const dimensionNames = (name: MetricName): DimensionName[] => [...new Set(metrics[name].sets.flat())];
