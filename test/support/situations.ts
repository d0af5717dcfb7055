/**
 * Every situation of a job, as rows in the stores and answers of GitHub: each with the right verdict, and a word that
 * its line must contain. `now` is two minutes after noon, when the job was queued.
 */
import { groupNote } from '../../lib/app/common/runner-groups.ts';
import type { VerdictCode } from '../../lib/app/insight/explanation.ts';
import type { Facts, GitHubFacts, JobOnGitHub } from '../../lib/app/insight/facts.ts';
import type { Deployment } from '../../lib/contract/deployment.ts';
import { InstallationId, InstanceId, JobId, TierName } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { afterLoss } from '../../lib/core/job-rest.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import type { Runner } from '../../lib/core/runner.ts';
import type { GroupStanding } from '../../lib/core/runner-group.ts';
import type { Waiter } from '../../lib/core/shared-cap.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { givenLaunch, givenRunner, lease0, machine } from '../contracts/support/stored.ts';
import { acme, givenJob, givenTenant, givenTier, medium, noon, small } from './given.ts';
import { now } from './given-facts.ts';

export interface Situation {
  readonly code: VerdictCode;
  /** Must match the verdict's line. */
  readonly says: RegExp;
  /** Must match the text about how to fix it. Absent: not checked. */
  readonly fix?: RegExp;
  /** null: there is no such row. */
  readonly tenant?: Partial<Tenant> | null;
  /** null: the platform has no row of it. */
  readonly job?: Partial<Job> | null;
  readonly others?: readonly Partial<Job>[];
  readonly launch?: Partial<Launch>;
  readonly runner?: Partial<Runner>;
  /** The row that a manual edit broke. */
  readonly unreadable?: 'launches' | 'runners';
  readonly notes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly deployment?: Partial<Deployment>;
  /** The leases that the cap over all tenants counts, by the name of its first row, and the cap's line. */
  readonly cap?: { readonly row: string; readonly leases: number; readonly line: readonly Waiter[] };
  readonly github?: GitHubFacts;
  readonly deadLetters?: Facts['deadLetters'];
  readonly drain?: Facts['drain'];
  /** Seconds; absent: no estimate, or it does not matter. */
  readonly estimate?: number;
}

const why = (code: ReasonCode) => ({ reason: reason(code, `the sentence of ${code}`) });
const groupSays = (standing: GroupStanding, name: string | null = null) => ({
  [groupNote(acme)]: { name, standing, lookedAt: noon },
});
const group = { id: 1, name: 'Default', visibility: 'all', allowsPublicRepositories: false } as const;
/** The third machine ended three minutes ago. */
const lost = afterLoss(givenJob({ replacements: 2 }), why('runner-ended').reason, now + 180_000).reason;
const attention = (code: NonNullable<Tenant['attention']>['code']) => ({
  attention: { code, text: `the text of ${code}`, since: '2026-11-21T11:00:00Z', probeAt: now + 90_000 },
});
const covered: Partial<Job> = { state: 'covered', lease: lease0, attempts: 1 };
const placed: Partial<Launch> = { state: 'closed', instances: new Map([[lease0, machine]]) };
const running: Partial<Job> = { state: 'running', runner: machine, startedAt: noon + 60_000, attempts: 1 };
const over = (over: Partial<Job>): Partial<Job> => ({ state: 'done', doneAt: noon + 90_000, ...over });
const refused = (code: ReasonCode) => over({ outcome: 'refused', ...why(code) });
const limit = { leases: 2, tierLeases: new Map([[small, 2]]) };
const closing = (name: string, cause: string, code: string) => ({
  'closed-pools': { [name]: { cause, code, until: now + 60_000 } },
});
const ranFor = (n: number, seconds: number): Partial<Job> => ({
  jobId: JobId(n),
  state: 'done',
  outcome: 'completed',
  conclusion: 'success',
  queuedAt: noon - 900_000,
  acceptedAt: noon - 900_000,
  startedAt: noon - 860_000,
  doneAt: noon - 860_000 + seconds * 1000,
});

const onGitHub = (over: Partial<JobOnGitHub> = {}): JobOnGitHub => ({
  jobId: JobId(1),
  runId: 1000,
  status: 'queued',
  conclusion: null,
  runnerName: null,
  labels: ['self-hosted', 'small'],
  createdAt: noon,
  ...over,
});
const installation = {
  kind: 'found',
  installationId: acme,
  installation: {
    accountId: 1,
    accountLogin: 'acme',
    accountType: 'Organization',
    suspended: false,
    permissions: {},
  },
} as const;
const github = (job: Partial<JobOnGitHub> = {}, over: Partial<GitHubFacts> = {}): GitHubFacts => ({
  installation,
  job: { kind: 'found', job: onGitHub(job) },
  ...over,
});
const delivery = (statusCode: number, answer = '') => ({
  deliveries: [{ id: 1, deliveredAt: noon, statusCode, answer }],
});
const stranger = (n: number): Waiter => ({
  installationId: InstallationId(n),
  tier: small,
  weight: 1,
  since: n,
});

export const situations: Readonly<Record<string, Situation>> = {
  'was just accepted': { code: 'queued', says: /sentence of queued/, job: why('queued') },
  'waits for nothing, and nobody looks at it': {
    code: 'not-acted-on',
    says: /has not been checked for 12 min/,
    fix: /sweep.*dead-letters/,
    job: { ...why('queued'), queuedAt: noon - 600_000, acceptedAt: noon - 600_000 },
  },
  'would start, but for a drain': {
    code: 'drained',
    says: /^my-saas is drained\.$/,
    fix: /^npx mayfly drain --resume$/,
    job: why('queued'),
    drain: { tiers: [small], text: 'my-saas is drained.' },
  },
  'waits for a limit during a drain': {
    code: 'tenant-limit',
    says: /all of its 2 runners/,
    tenant: limit,
    drain: { tiers: [small], text: 'my-saas is drained.' },
  },
  "was accepted while another tier's queue is not read": {
    code: 'queued',
    says: /sentence of queued/,
    job: why('queued'),
    drain: { tiers: [medium], text: 'my-saas is drained.' },
  },
  'was taken by the webhook during a drain': {
    code: 'drained',
    says: /^my-saas is drained\.$/,
    job: null,
    github: github({}, delivery(202, 'queued')),
    drain: { tiers: [small], text: 'my-saas is drained.' },
  },
  'waited for a limit that has room now': {
    code: 'queued',
    says: /What it waited for \(tenant-limit\) is over/,
    job: why('tenant-limit'),
  },
  'waits for a machine of its tenant': {
    code: 'tenant-limit',
    says: /all of its 2 runners/,
    fix: /mayfly tenant set acme --max-runners/,
    tenant: limit,
    // Two machines run for 100 s each; one of them has 40 s left, and a machine starts in 40 s.
    others: [
      ranFor(2, 100),
      { ...running, jobId: JobId(3) },
      { ...running, jobId: JobId(4), startedAt: now },
    ],
    estimate: 80,
  },
  'waits behind others': {
    code: 'tenant-limit',
    says: /2 jobs come first/,
    fix: /max-runners/,
    tenant: { leases: 1, tierLeases: new Map([[small, 1]]) },
    others: [
      { jobId: JobId(2), queuedAt: noon - 2 },
      { jobId: JobId(3), queuedAt: noon - 1 },
    ],
  },
  'waits behind others that the group excludes': {
    code: 'queued',
    says: /sentence of queued/,
    tenant: { leases: 1, tierLeases: new Map([[small, 1]]) },
    others: [
      { jobId: JobId(2), queuedAt: noon - 2, visibility: 'public' },
      { jobId: JobId(3), queuedAt: noon - 1, retryAt: now + 60_000 },
    ],
    notes: groupSays({ kind: 'found', group }),
  },
  'waits for a machine of its tier': {
    code: 'tier-limit',
    says: /all of its 5 medium runners.*max_runners \(10/,
    fix: /tenant set acme --tier-limit medium=N/,
    tenant: { leases: 5, tierLeases: new Map([[medium, 5]]), maxRunners: 10 },
    job: { tier: medium, labels: ['self-hosted', 'medium'] },
  },
  'waits under a spend cap of its tenant': {
    code: 'spend-cap',
    says: /has a daily spend cap \(daily_cap\) of \$0\.3000, and one more small machine may cost \$0\.5\d+/,
    fix: /tenant set acme --spend-cap DOLLARS/,
    tenant: { caps: { day: 300_000 } },
  },
  'waits under a spend cap that is none': {
    code: 'spend-cap',
    says: /spend cap of acme cannot be read: /,
    tenant: { caps: { unreadable: 'daily_cap is "much"; it must be a number.' } },
  },
  'waits for its turn under a cap over all tenants': {
    code: 'shared-cap',
    says: /All 3 small runners.*number 2 of 3/,
    deployment: {
      tiers: [givenTier({ labels: ['self-hosted', 'small'], capOverAllTenants: 3 })],
    },
    cap: {
      row: 'shared/tier/small/0',
      leases: 3,
      line: [stranger(7), { ...stranger(8), installationId: acme }, stranger(9)],
    },
  },
  'waits for its turn under the cap of the cell': {
    code: 'shared-cap',
    says: /All 3 runners that all tenants share/,
    deployment: { caps: { machinesInAll: 3, waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60 } },
    cap: { row: 'shared/cell/0', leases: 3, line: [] },
  },
  'started too many machines within a minute': {
    code: 'launch-rate',
    says: /its limit of machines started within a minute/,
    tenant: { rateUsedUntil: now + 60_000 },
    estimate: 1,
  },
  'finds every pool dry': {
    code: 'capacity',
    says: /sentence of capacity/,
    job: why('capacity'),
    notes: closing('on-demand:t3.medium:us-east-1a', 'capacity', 'InsufficientInstanceCapacity'),
    estimate: 60,
  },
  'meets the quota of the account': {
    code: 'quota',
    says: /VcpuLimitExceeded/,
    fix: /preflight/,
    notes: closing('on-demand:small', 'quota', 'VcpuLimitExceeded'),
    estimate: 60,
  },
  'is of a tier whose launches AWS refuses': {
    code: 'launch-failed',
    says: /InvalidAMIID.NotFound/,
    fix: /runbook/,
    notes: closing('small', 'fatal', 'InvalidAMIID.NotFound'),
    estimate: 60,
  },
  'waits for a call to EC2': {
    code: 'throttled',
    says: /AWS throttles calls/,
    notes: {
      'launch-pace': {
        callsPerSecond: 1,
        nextCallAt: now,
        lineEndsAt: now + 9000,
        slowedAt: noon,
        turns: { '101/small': { at: now + 9000, calledAt: now + 9000 } },
      },
    },
    estimate: 9,
  },
  'waits for the approval of its tenant': {
    code: 'tenant-pending',
    says: /operator's approval/,
    fix: /mayfly tenant approve acme/,
    tenant: { status: 'pending' },
  },
  'is of a tenant that the operator suspended': {
    code: 'tenant-suspended',
    says: /by operator/,
    fix: /mayfly tenant resume acme/,
    tenant: { status: 'suspended' },
  },
  'is of a tenant that GitHub suspended': {
    code: 'tenant-suspended',
    says: /by github/,
    fix: /unsuspend the App/,
    tenant: { status: 'suspended', suspendedBy: 'github' },
  },
  'is of a tenant that is gone': {
    code: 'tenant-deleted',
    says: /uninstalled/,
    fix: /install the App again/,
    tenant: { status: 'deleted' },
  },
  'is of an installation that nobody knows yet': {
    code: 'tenant-unknown',
    says: /no tenant here yet/,
    fix: /dead-letters/,
    tenant: null,
  },
  'waits for the machines of an earlier installation': {
    code: 'predecessor-draining',
    says: /previous installation/,
    tenant: { predecessor: InstallationId(5) },
  },
  'lacks a permission that a registration asked for': {
    code: 'permission-missing',
    says: /text of permission-missing/,
    fix: /accept the App/,
    tenant: attention('permission-missing'),
    estimate: 90,
  },
  'lacks a permission, by what GitHub said of the installation': {
    code: 'permission-missing',
    says: /organization_self_hosted_runners: write/,
    fix: /accept the App/,
    tenant: { permissions: { actions: 'read' } },
  },
  'is held while GitHub limits calls': {
    code: 'github-limited',
    says: /text of github-limited/,
    tenant: attention('github-limited'),
    estimate: 90,
  },
  'is held while GitHub refuses runners': {
    code: 'github-refused',
    says: /text of github-refused/,
    fix: /tenant validate/,
    tenant: attention('github-refused'),
    estimate: 90,
  },
  'is of a public repository that the group excludes': {
    code: 'public-repository',
    says: /Allow public repositories/,
    fix: /Runner groups/,
    job: { visibility: 'public' },
    notes: groupSays({ kind: 'found', group }),
  },
  'is of a repository that the group was not selected for': {
    code: 'repository-not-in-group',
    says: /not among the repositories/,
    fix: /Runner groups/,
    job: { repositoryId: 7 },
    notes: groupSays({
      kind: 'found',
      group: { ...group, visibility: 'selected', selectedRepositoryIds: [8] },
    }),
  },
  'is meant for a group that is missing': {
    code: 'group-missing',
    says: /no runner group named builds/,
    fix: /mayfly tenant set acme/,
    tenant: { runnerGroup: 'builds' },
    notes: groupSays({ kind: 'missing' }, 'builds'),
  },
  'is meant for a group where GitHub shows none': {
    code: 'groups-unavailable',
    says: /does not show the runner groups/,
    fix: /remove the tenant/,
    tenant: { runnerGroup: 'builds' },
    notes: groupSays({ kind: 'unavailable', message: 'Not Found' }, 'builds'),
  },
  'waits for what GitHub says of its group': {
    code: 'group-unknown',
    says: /is being asked/,
    job: { visibility: 'public' },
  },
  'rests after its machines came to nothing': {
    code: 'runners-lost',
    says: /3 machines were launched for it/,
    fix: /mayfly logs i-1/,
    job: {
      reason: lost,
      retryAt: now + 240_000,
      replacements: 3,
      attempts: 3,
      formerLease: lease0,
    },
    launch: placed,
    runner: { state: 'ended', endedAt: noon + 90_000, endReason: 'boot-deadline' },
    estimate: 240,
  },
  'lost its machine, and gets another one': {
    code: 'runner-ended',
    says: /sentence of runner-ended/,
    job: { ...why('runner-ended'), replacements: 1, attempts: 1, formerLease: lease0 },
    launch: placed,
    runner: { state: 'ended', endedAt: noon + 90_000, endReason: 'instance-ended' },
  },
  'lost its machine to another job, and gets the next one': {
    code: 'runner-taken',
    says: /sentence of runner-taken/,
    job: { ...why('runner-taken'), attempts: 1, formerLease: lease0 },
    launch: placed,
    runner: { state: 'listening', ran: JobId(2), listeningAt: noon + 50_000 },
    others: [{ ...running, jobId: JobId(2) }],
  },
  'may be gone from GitHub': {
    code: 'gone-from-github',
    says: /sentence of gone/,
    job: { ...why('gone-from-github'), goneAt: noon, retryAt: now + 180_000 },
    estimate: 180,
  },
  'waits for an approval': {
    code: 'approval',
    says: /approval/,
    fix: /approve the run/,
    job: { state: 'blocked', unsettledAt: noon },
  },
  'is of a tier that is not configured any more': {
    code: 'tier-removed',
    says: /tier huge is no longer in the configuration/,
    fix: /Configure the tier again/,
    job: { tier: TierName('huge') },
  },
  'has its machine asked for': {
    code: 'launching',
    says: /EC2 is launching its machine/,
    job: covered,
    launch: { state: 'intent', callUntil: now + 30_000 },
  },
  'has a launch whose answer was lost': {
    code: 'launch-unanswered',
    says: /was lost 60 s ago/,
    job: covered,
    launch: { state: 'intent' },
  },
  'has no launch for its lease': {
    code: 'launch-lost',
    says: /whose launch has no row/,
    fix: /not delete rows by hand/,
    job: covered,
  },
  'got no machine of its launch': {
    code: 'machine-missing',
    says: /none for this job/,
    job: covered,
    launch: { state: 'answered' },
  },
  'has a machine that has no row yet': {
    code: 'launching',
    says: /has no row yet/,
    job: covered,
    launch: { ...placed, state: 'answered' },
  },
  'has a machine that boots': {
    code: 'booting',
    says: /i-1 \(t3.medium\) has been booting for 80 s/,
    job: covered,
    launch: placed,
    runner: { launchedAt: noon + 40_000 },
    estimate: 10,
  },
  'has a machine that boots for too long': {
    code: 'boot-overdue',
    says: /should have asked for its job 30 s ago/,
    fix: /mayfly logs i-1/,
    job: covered,
    launch: placed,
    runner: { deadline: now - 30_000 },
  },
  'has a machine that is registered': {
    code: 'registering',
    says: /registered with GitHub/,
    job: covered,
    launch: placed,
    runner: { state: 'claimed', claimedAt: now - 1000 },
  },
  'has a machine that listens': {
    code: 'listening',
    says: /has been listening for 10 s/,
    job: covered,
    launch: placed,
    runner: { state: 'listening', listeningAt: now - 10_000 },
    estimate: 5,
  },
  'has a machine that GitHub gives nothing': {
    code: 'not-assigned',
    says: /gives it no job\. It is online/,
    fix: /restricted to certain workflows/,
    job: covered,
    launch: placed,
    runner: { state: 'listening', listeningAt: now - 100_000 },
    github: github({}, { runner: { name: 'i-1', online: true, busy: false } }),
  },
  'has a machine whose registration GitHub removed': {
    code: 'not-assigned',
    says: /lists no such runner/,
    job: covered,
    launch: placed,
    runner: { state: 'listening', listeningAt: now - 100_000 },
    github: github({}, { runner: null }),
  },
  'has a machine that runs another job': {
    code: 'runner-taken',
    says: /i-1 to job 2 of acme\/app/,
    job: covered,
    launch: placed,
    runner: { state: 'listening', ran: JobId(2) },
    others: [{ ...running, jobId: JobId(2) }],
  },
  'has a launch whose row cannot be read': {
    code: 'row-unreadable',
    says: /^In the launches row \S+, tier is missing; it must be a text/,
    fix: /A row cannot be read/,
    job: covered,
    launch: placed,
    runner: {},
    unreadable: 'launches',
  },
  'has a machine whose row cannot be read': {
    code: 'row-unreadable',
    says: /^In the runners row i-1, tier is missing/,
    fix: /A row cannot be read/,
    job: covered,
    launch: placed,
    runner: {},
    unreadable: 'runners',
  },
  'has a machine that ended': {
    code: 'machine-ended',
    says: /i-1 ended \(instance-ended\)/,
    fix: /mayfly logs i-1/,
    job: covered,
    launch: placed,
    runner: { state: 'ended', endedAt: noon + 100_000, endReason: 'instance-ended' },
  },
  runs: {
    code: 'running',
    says: /has been running on i-1 \(t3.medium\) for 60 s/,
    job: running,
    runner: { state: 'listening', launchedAt: noon },
    others: [ranFor(2, 100)],
    estimate: 40,
  },
  'runs on a machine whose row cannot be read': {
    code: 'row-unreadable',
    says: /^In the runners row i-1, tier is missing/,
    fix: /A row cannot be read/,
    job: running,
    runner: { state: 'listening' },
    unreadable: 'runners',
  },
  'runs on a machine of somebody else': {
    code: 'running-elsewhere',
    says: /does not belong to this platform/,
    fix: /same labels/,
    job: { state: 'running', startedAt: noon, unsettledAt: noon },
  },
  'ran on a machine that has ended': {
    code: 'unsettled',
    says: /ran on i-1, which has ended \(job-time-limit\)/,
    job: { ...running, unsettledAt: now },
    runner: { state: 'ended', endReason: 'job-time-limit' },
  },
  'runs for too long': {
    code: 'over-time',
    says: /longer than limits.jobSeconds/,
    fix: /jobSeconds/,
    job: { ...running, startedAt: now - 30_000_000 },
    runner: { state: 'listening' },
  },
  succeeded: {
    code: 'completed',
    says: /succeeded on i-1 after 30 s/,
    job: over({ ...running, state: 'done', outcome: 'completed', conclusion: 'success' }),
    runner: { state: 'ended', endedAt: noon + 95_000, endReason: 'job-completed' },
  },
  failed: {
    code: 'failed',
    says: /ended with failure on i-1/,
    fix: /job's own log/,
    job: over({ ...running, state: 'done', outcome: 'completed', conclusion: 'failure' }),
  },
  'was cancelled before it ran': {
    code: 'cancelled',
    says: /before it ran/,
    job: over({ outcome: 'cancelled', conclusion: 'cancelled' }),
  },
  'asked for labels that no tier has': {
    code: 'labels-unknown',
    says: /sentence of labels-unknown/,
    fix: /change runs-on/,
    job: refused('labels-unknown'),
  },
  'may not use its tier': {
    code: 'tier-not-allowed',
    says: /sentence of tier/,
    fix: /mayfly tenant set acme/,
    job: refused('tier-not-allowed'),
  },
  'is of a repository that the operator does not allow': {
    code: 'repository-not-allowed',
    says: /sentence of repository/,
    fix: /mayfly tenant show acme/,
    job: refused('repository-not-allowed'),
  },
  "was stopped before its first step, on another job's machine": {
    code: 'repository-not-allowed',
    says: /^None of its steps ran on i-1\. sentence of repository/,
    fix: /mayfly tenant show acme/,
    job: over({
      outcome: 'completed',
      conclusion: 'failure',
      runner: machine,
      startRefusal: { code: 'repository-not-allowed', text: 'sentence of repository-not-allowed' },
    }),
  },
  'is rejected by an admission controller': {
    code: 'controller-rejected',
    says: /sentence of controller-rejected/,
    fix: /exempt the repository/,
    job: refused('controller-rejected'),
  },
  'is rejected by a controller of the operator': {
    code: 'controller-rejected',
    says: /sentence of controller-rejected/,
    fix: /controllers decisions acme names the controller/,
    job: {
      ...refused('controller-rejected'),
      admission: { policy: '-.1', state: 'rejected', controllerId: 'ctl_1', ofPlatform: true, at: noon },
    },
  },
  'is not decided on yet by its controllers': {
    code: 'admission-pending',
    says: /controllers of acme are being asked/,
    tenant: { admissionEpoch: 2 },
    job: why('admission-pending'),
  },
  'meets a controller that does not answer': {
    code: 'controller-unavailable',
    says: /ctl_1 gave no valid answer \(timeout\); it is asked again/,
    fix: /failure policy/,
    tenant: { admissionEpoch: 2 },
    job: {
      ...why('controller-unavailable'),
      admission: {
        policy: '2.-',
        state: 'unavailable',
        controllerId: 'ctl_1',
        reason: 'timeout',
        at: noon,
        againAt: now + 30_000,
      },
    },
  },
  'is of another account': {
    code: 'owner-mismatch',
    says: /sentence of owner/,
    fix: /install the App/,
    job: refused('owner-mismatch'),
  },
  'was one too many in the line': {
    code: 'waiting-cap',
    says: /sentence of waiting/,
    fix: /waitingJobsPerTenant/,
    job: refused('waiting-cap'),
  },
  'waited for a day': {
    code: 'waited-too-long',
    says: /sentence of waited/,
    fix: /Re-run the job/,
    job: over({ outcome: 'expired', ...why('waited-too-long') }),
  },
  'was refused for what is over, and GitHub still has it': {
    code: 'reopening',
    says: /GitHub still has it queued/,
    job: refused('tenant-suspended'),
    github: github(),
    estimate: 300,
  },
  'waits here, and is over on GitHub': {
    code: 'closing',
    says: /it is over \(cancelled\)/,
    github: github({ status: 'completed', conclusion: 'cancelled' }),
  },
  'waits here, and runs on GitHub': {
    code: 'running',
    says: /GitHub says that it runs on i-9/,
    github: github({ status: 'in_progress', runnerName: 'i-9' }),
  },
  'waits here, and GitHub does not show it': {
    code: 'gone-from-github',
    says: /does not show the job/,
    fix: /add the repository/,
    github: github({}, { job: { kind: 'not-found' } }),
  },
  'waits here, and its run is over': {
    code: 'run-ended',
    says: /run 1000 ended \(startup_failure\)/,
    fix: /Re-run the workflow/,
    github: github({}, { run: { runId: 1000, completed: true, conclusion: 'startup_failure' } }),
  },
  'has no row, and GitHub was not asked': {
    code: 'not-asked',
    says: /no row of this job/,
    fix: /--github/,
    job: null,
  },
  'has no row, and is not on GitHub': {
    code: 'not-on-github',
    says: /no such job/,
    fix: /Check the id/,
    job: null,
    github: github({}, { job: { kind: 'not-found' } }),
  },
  'is of a repository without the App': {
    code: 'not-installed',
    says: /not installed on acme\/app/,
    fix: /install the App/,
    job: null,
    tenant: null,
    github: { installation: { kind: 'not-found' }, job: { kind: 'not-found' } },
  },
  'is of an installation whose webhook was lost': {
    code: 'installation-unknown',
    says: /installation 101.*no tenant here/,
    fix: /Redeliver/,
    job: null,
    tenant: null,
    github: github(),
  },
  'was queued while the account had the App suspended': {
    code: 'tenant-suspended',
    says: /suspended the App, so GitHub/,
    fix: /unsuspend/,
    job: null,
    github: github(
      {},
      {
        installation: { ...installation, installation: { ...installation.installation, suspended: true } },
      },
    ),
  },
  'has a webhook that was refused': {
    code: 'webhook-failed',
    says: /answered 401.*secret/,
    fix: /rotate-webhook-secret/,
    job: null,
    github: github({}, delivery(401)),
  },
  'has a webhook that reached nobody': {
    code: 'webhook-failed',
    says: /the platform did not answer/,
    fix: /Redeliver/,
    job: null,
    github: github({}, delivery(0)),
  },
  'has a webhook that was taken a moment ago': {
    code: 'webhook-delivered',
    says: /delivered its webhook at 2026-11-21T12:00:00.000Z \(queued\)/,
    job: null,
    github: github({}, delivery(202, 'queued')),
  },
  'has no webhook at all': {
    code: 'webhook-missing',
    says: /sent no webhook/,
    fix: /subscribed to the event Workflow job/,
    job: null,
    github: github({}, { deliveries: [] }),
  },
  'is among the dead letters': {
    code: 'dead-letter',
    says: /dead letters of test-small-builds/,
    fix: /--send-back test-small-builds/,
    job: null,
    deadLetters: [{ queue: 'test-small-builds', ageMinutes: 7 }],
  },
  'names labels that no tier has all of': {
    code: 'labels-unknown',
    says: /nearest tier, medium, lacks gpu/,
    fix: /runs-on: \[self-hosted, linux, x64, medium\]/,
    job: null,
    github: github({ labels: ['self-hosted', 'medium', 'gpu'] }),
  },
  'misspells a label': {
    code: 'labels-unknown',
    says: /nearest tier, medium, lacks mediun/,
    fix: /medium/,
    job: null,
    github: github({ labels: ['self-hosted', 'mediun'] }),
  },
  'names a group and no labels': {
    code: 'group-only',
    says: /runner group and no labels/,
    fix: /labels: \[self-hosted, linux, x64, small\]/,
    job: null,
    github: github({ labels: [] }),
  },
  "asks for a machine of GitHub's own": {
    code: 'hosted-by-github',
    says: /GitHub-hosted runner/,
    fix: /a tier’s labels/,
    job: null,
    github: github({ labels: ['ubuntu-latest'] }),
  },
  'runs without a row': {
    code: 'unheard-running',
    says: /runs on i-5/,
    job: null,
    github: github({ status: 'in_progress', runnerName: 'i-5' }),
  },
  'was over before anybody heard of it': {
    code: 'unheard-over',
    says: /is over \(success\); it ran on i-5/,
    job: null,
    github: github({ status: 'completed', conclusion: 'success', runnerName: 'i-5' }),
  },
};

export const rowsOf = ({ tenant, job, others = [], launch, runner }: Situation) => ({
  tenants: tenant === null ? [] : [givenTenant(tenant)],
  jobs: [...(job === null ? [] : [job ?? why('queued')]), ...others].map((over) => givenJob(over)),
  launches: launch ? [givenLaunch([givenJob()], launch)] : [],
  runners: runner ? [givenRunner({ instanceId: InstanceId('i-1'), ...runner })] : [],
});
