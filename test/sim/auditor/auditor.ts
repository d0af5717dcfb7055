/**
 * Keeps its own records of what the world sees, and reports broken invariants. It shares no code with the platform:
 * it counts tags, limits and leases again, in the simplest way. It only reads rows.
 */
import type { Deployment } from '../../../lib/contract/deployment.ts';
import type { JobEvent } from '../../../lib/contract/messages.ts';
import type { GitHubRefusal } from '../../../lib/core/github.ts';
import { type InstallationId, instanceNamed } from '../../../lib/core/ids.ts';
import type { MemoryMachine } from '../../fakes/compute.ts';
import type { MemoryNotes } from '../../fakes/notes.ts';
import type { Rows } from '../../fakes/world.ts';
import { rememberedByName } from '../matching.ts';
import type { WorldJob } from '../world/context.ts';
import type { SpotMarket } from '../world/spot-market.ts';
import { checkAdmitted, checkUngated, followDecisions, followMoves } from './admission/check-admission.ts';
import { followDrops } from './admission/check-dropped-scopes.ts';
import { type AuditedCall, followFacts } from './admission/check-facts.ts';
import { checkGate } from './admission/check-gate.ts';
import { createPlannedCheck } from './admission/check-planned.ts';
import { createRanUngatedCheck } from './admission/check-ran-ungated.ts';
import { checkAccounts } from './check-accounts.ts';
import { checkBans } from './check-bans.ts';
import { checkConfirmed } from './check-confirmed.ts';
import { checkDeletions } from './check-deletions.ts';
import { createDoubtsCheck } from './check-doubts.ts';
import { checkEnds } from './check-ends.ts';
import { createFormerNamesCheck } from './check-former-names.ts';
import { checkGroupOfLaunch, checkGroups } from './check-groups.ts';
import { checkHeld } from './check-held.ts';
import { checkKept, type GroupChange } from './check-kept-groups.ts';
import { checkLaunchedFor } from './check-launched-for.ts';
import { checkLeases } from './check-leases.ts';
import { checkCalledWhileLimited } from './check-limited.ts';
import { checkLives } from './check-lives.ts';
import { checkMachine } from './check-machine.ts';
import { checkRerun } from './check-rerun.ts';
import { checkReserved } from './check-reserved.ts';
import { checkRows } from './check-rows.ts';
import { checkSharedCaps } from './check-shared-caps.ts';
import { checkOverruns, checkSpend, checkTakenSpend } from './check-spend.ts';
import { checkBegin, listsJob } from './check-start-gate.ts';
import { checkTermination } from './check-termination.ts';
import { checkTransfers } from './check-transfers.ts';
import { checkUsage } from './check-usage.ts';
import { createLedger, type Ledger } from './ledger.ts';

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

export interface Auditor {
  readonly violations: readonly Violation[];
  readonly ledger: Ledger;
  machineStarted(machine: MemoryMachine): void;
  machineEnded(instanceId: string, by: 'platform' | 'world'): void;
  jobQueued(job: WorldJob): void;
  jobStarted(job: WorldJob, instanceId: string): void;
  jobEnded(jobId: number): void;
  /** @returns to be called when that sweep has finished all of its work without a failure */
  sweepBegins(): () => void;
  /** Whether the allowed repositories of the machine's tenant, if it has a list, include the job's repository. */
  lists(job: WorldJob, instanceId: string): boolean;
  /** @param asked when the machine asked, and whether the repository was listed when it first asked */
  stepsBegan(
    job: WorldJob,
    instanceId: string,
    asked: { readonly at: number; readonly wasListed: boolean },
  ): void;
  /** The machine got a runner for the job that it is planned for. */
  minted(instanceId: string, how: { readonly askedAt: number; readonly gated: boolean }): void;
  /** The repository and its jobs belong to another account from now on. */
  repositoryTransferred(
    repositoryId: number,
    jobs: readonly WorldJob[],
    former: { readonly accountId: number; readonly installationId: number },
  ): void;
  /** EC2 announces that it interrupts the machine. */
  machineTakenBack(instanceId: string): void;
  /** EC2 interrupts it, and nobody else ended it before. */
  machineReclaimed(instanceId: string): void;
  /** EC2 no longer shows the machine. */
  machineForgotten(instanceId: string): void;
  /** GitHub was asked to run it again, and does. */
  jobRerun(job: WorldJob): void;
  /** The platform changed the repositories of the tenant's runner group. */
  groupKept(installationId: number, change: GroupChange): void;
  limitsSet(installationId: number): void;
  /** The operator wrote the status into the row. */
  statusSet(installationId: number, status: 'active' | 'suspended'): void;
  /** A machine called the claim URL with credentials that must not be accepted. */
  forgedClaimAnswered(how: string, answer: { readonly action: string } | undefined): void;
  /** The claim that the machine made at that time was answered, but not with a runner. */
  answeredWithoutRunner(instanceId: string, claimedAt: number): void;
  /** The claim function told this machine to run nothing, and why. */
  stoodDown(instanceId: string, why: string): void;
  /** Called before each call takes effect; `cause` is what its process was started for. */
  beforeCall(cause: readonly string[]): void;
  /** What the process of the current call was started for: EC2 may carry out a launch long after its call. */
  cause(): readonly string[];
  /** @param runSince when the run that made the call began */
  afterCall(call: AuditedCall, runSince: number): void;
  /** The caller got no answer, or a failure. */
  callFailed(name: string): void;
  processDied(): void;
  /** A function threw, which is allowed unless the error is a bug. */
  thrown(name: string, error: unknown): undefined;
  /** Called each virtual minute. */
  minute(): void;
  /** GitHub refused this call to this tenant. */
  githubRefused(installationId: number, call: string, refusal: GitHubRefusal): void;
  /** GitHub takes none of this tenant's calls until then. */
  limitBegins(installationId: number, until: number): void;
  /** GitHub refused a call of this tenant because of that limit. */
  calledWhileLimited(installationId: number): void;
  /** A tier's queue delivers the message no more. */
  messageDone(body: string): void;
  /** The platform got GitHub's webhook. */
  jobTold(event: JobEvent): void;
  note(invariant: string, detail: string): void;
}

export function createAuditor(world: {
  rows: Rows;
  notes: MemoryNotes;
  deployment: Deployment;
  now: () => number;
  isInstalled: (installationId: InstallationId) => boolean;
  market: SpotMarket;
  log: (line: () => string) => void;
}): Auditor {
  const violations: Violation[] = [];
  const ledger = createLedger(world);
  const note = (invariant: string, detail: string) => {
    world.log(() => `VIOLATION ${invariant}: ${detail}`);
    // One broken invariant breaks others, so only the first of each kind is reported.
    if (!violations.some((known) => known.invariant === invariant)) violations.push({ invariant, detail });
  };
  const ranUngated = createRanUngatedCheck(ledger, note);
  let currentCause: readonly string[] = [];
  const planned = createPlannedCheck(ledger, note);
  const formerNames = createFormerNamesCheck(ledger, note);
  const doubts = createDoubtsCheck(ledger, note);

  return {
    violations,
    ledger,
    note,
    machineStarted(machine) {
      const known = ledger.addMachine(machine);
      checkMachine(ledger, known, note);
      checkLaunchedFor(ledger, { machine: known, cause: currentCause }, note);
      checkLeases(ledger, note);
      checkSharedCaps(ledger, known, note);
    },
    machineEnded(instanceId, by) {
      const machine = ledger.endMachine(instanceId);
      if (by === 'platform') ledger.endedByPlatform.add(instanceId);
      if (machine && by === 'platform') checkTermination(ledger, { machine, cause: currentCause }, note);
      if (machine) machine.job = undefined;
    },
    jobQueued: (job) => void ledger.worldJobs.set(job.id, job),
    sweepBegins: ranUngated.sweepBegins,
    jobStarted(job, instanceId) {
      ranUngated.begins(job, instanceId);
      const machine = ledger.startJob(job, instanceId);
      if (machine && job.isUnlisted) ledger.ranUnlisted.add(instanceId);
      const tenants = ledger.installationsOf(job.account.id);
      if (machine && !tenants.has(machine.tenant)) {
        note(
          'crosses-tenants',
          `job ${job.id} of ${job.account.login} runs on ${instanceId} of ${machine.tenant}`,
        );
      }
    },
    jobEnded: (jobId) => ledger.endJob(jobId),
    lists: (job, instanceId) => listsJob(world.rows, job, instanceId),
    stepsBegan(job, instanceId, { at, wasListed }) {
      checkBegin(world.rows, { job, instanceId, wasListed }, note);
      const tenant = ledger.machines.get(instanceId)?.tenant ?? 0;
      checkAdmitted(ledger, { tenant, job, since: at, what: `began on ${instanceId}` }, note);
    },
    minted(instanceId, { askedAt, gated }) {
      ranUngated.told(instanceId, gated);
      const runner = world.rows.runners.get(instanceId as never);
      const job = runner && ledger.worldJobs.get(runner.plannedJob);
      if (!runner || !job) return;
      const about = { tenant: runner.installationId, since: askedAt };
      checkAdmitted(ledger, { ...about, job, what: `has a runner on ${instanceId}` }, note);
      if (!gated) checkUngated(ledger, { ...about, instanceId }, note);
    },
    repositoryTransferred(repositoryId, jobs, { accountId, installationId }) {
      ledger.leftRepositories.add(`${accountId}/${repositoryId}`);
      for (const job of jobs) ledger.transfers.push({ job, former: installationId, at: world.now() });
    },
    machineTakenBack: (instanceId) => void ledger.takenBack.add(instanceId),
    machineReclaimed: (instanceId) => void ledger.reclaimedAt.set(instanceId, world.now()),
    machineForgotten(instanceId) {
      const machine = ledger.machines.get(instanceId);
      if (machine) machine.wasForgotten = true;
    },
    jobRerun: (job) => checkRerun(ledger, job, note),
    groupKept: (installationId, change) => checkKept(ledger, installationId, change, note),
    limitsSet: (installationId) => ledger.setLimits(installationId),
    statusSet: (installationId, status) => void ledger.bans.set(installationId, status === 'suspended'),
    githubRefused(installationId, call, refusal) {
      ledger.refused.add(installationId);
      formerNames.refused(installationId, call, refusal);
      if (refusal.kind !== 'limited') return;
      const limitedUntil = world.now() + refusal.retryAfterSeconds * 1000;
      const until = Math.max(ledger.limitedUntil(installationId), limitedUntil);
      ledger.githubLimits.set(installationId, until);
    },
    limitBegins: (installationId, until) =>
      void ledger.secondaryLimits.set(installationId, { since: world.now(), until }),
    calledWhileLimited: (installationId) => checkCalledWhileLimited(ledger, installationId, note),
    messageDone: (body) => checkConfirmed(ledger, body, note),
    jobTold({ action, installationId, jobId, runnerName }) {
      // A job that GitHub gave back runs again elsewhere, so its first start does not count for that.
      const key = `${installationId}/${jobId} on ${instanceNamed(runnerName) ?? runnerName}`;
      if (action === 'in_progress' || action === 'completed') ledger.told.add(key);
      if (action === 'completed') ledger.toldEnded.add(key);
    },
    forgedClaimAnswered(how, answer) {
      if (answer?.action === 'run') note('forged-claim-accepted', `a machine got a runner: ${how}`);
    },
    answeredWithoutRunner: formerNames.answeredWithoutRunner,
    stoodDown(instanceId, why) {
      const machine = ledger.machines.get(instanceId);
      if (machine) machine.stoodDown = true;
      if (why !== 'not-of-this-launch') return;
      const named = [...world.rows.launches.values()].find(({ instances }) =>
        [...instances.values()].some((id) => id === instanceId),
      );
      if (named) note('own-machine-refused', `claim refused ${instanceId}, but ${named.launchId} names it`);
    },
    beforeCall(cause) {
      currentCause = cause;
    },
    cause: () => currentCause,
    afterCall(call, runSince) {
      const { name } = call;
      const is = kindOf(name);
      if (is.naming && call.by === 'claim') formerNames.called(call, runSince);
      if (is.fact) followFacts(ledger, call, runSince, note);
      if (is.doubt) doubts.called(call);
      if (is.record) checkGate(ledger, call, note);
      if (is.policy) followDrops(ledger, call, note);
      if (is.end) checkEnds(ledger, note);
      if (is.hold) checkHeld(ledger, note);
      if (is.use) checkUsage(ledger, note, { again: false });
      if (is.move) followMoves(ledger);
      if (is.decision) followDecisions(ledger, note);
      if (is.plan) planned.look();
      if (!is.change) return;
      for (const launch of ledger.followRows()) {
        checkAccounts(ledger, launch, note);
        checkGroupOfLaunch(ledger, launch, note);
        checkTakenSpend(ledger, launch, note);
        planned.taken(launch, runSince);
      }
      if (is.count) checkLeases(ledger, note);
      if (is.spending) {
        checkSpend(ledger, note);
        checkReserved(ledger, note);
        checkLives(ledger, note);
      }
      if (!is.provision) return;
      checkBans(ledger, note);
      checkDeletions(ledger, note);
    },
    callFailed(name) {
      if (name === 'compute.describe') ledger.describeFailures.push(world.now());
      if (name.startsWith('notes.')) ledger.forgotten.push(world.now());
    },
    processDied: () => void ledger.forgotten.push(world.now()),
    thrown(name, error) {
      if (isBug(error)) note('bug', `${name} threw ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    },
    minute() {
      checkOverruns(ledger, note);
      checkRows(ledger, note);
      checkUsage(ledger, note, { again: true });
      checkTransfers(ledger, note);
      checkGroups(ledger, note);
    },
  };
}

/** What a call may have changed, by its name. */
const kinds = {
  naming: /^github\.(createJitConfig|getInstallation)$/,
  fact: /^(notes\.write$|github\.getRun$)/,
  doubt: /^jobs\.(doubt|finish|refuseWaiting)$/,
  record: /^controllers\.recordDecisions$/,
  policy: /^controllers\.save$/,
  end: /^jobs\.(finish|refuseWaiting)/,
  hold: /^jobs\.(insert|block|reopen)/,
  use: /^(usage\.|runners\.end)/,
  change: /^(launches\.|runners\.(end|expectMore)|tenants\.)/,
  spending: /^(launches\.(take|shrink|close)|runners\.(end|expectMore)|tenants\.correct)/,
  count: /^(launches\.(take|close)|runners\.end)/,
  decision: /^jobs\.(setAdmissions|insert)/,
  /** A job whose `queued` event came after the labels moved is recorded in the other tier at once. */
  move: /^jobs\.(insert|moveTier)$/,
  plan: /^(jobs\.insert|launches\.)/,
  provision: /^tenants\.(create|update)/,
} as const;

const kindOf = rememberedByName(
  (name) =>
    Object.fromEntries(
      Object.entries(kinds).map(([kind, pattern]) => [kind, pattern.test(name)]),
    ) as Readonly<Record<keyof typeof kinds, boolean>>,
);

/** Errors of services arrive as operational errors; any other error is a bug. */
function isBug(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isBug);
  return !(error instanceof Error && error.name === 'OperationalError');
}
