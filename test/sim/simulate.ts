/**
 * One seed, one log: an eventful half hour with that seed's faults, then quiet, in which everything must come to its
 * end. The same seed gives the same events.
 */
import type { Deployment } from '../../lib/contract/deployment.ts';
import { TierName } from '../../lib/core/ids.ts';
import { createHeldByControllersCheck } from './auditor/admission/check-held-by-controllers.ts';
import { type Auditor, createAuditor, type Violation } from './auditor/auditor.ts';
import { checkTakenUp, checkTruth } from './auditor/check-ends.ts';
import { createKeptCheck } from './auditor/check-kept-groups.ts';
import { createMisplacedCheck } from './auditor/check-misplaced.ts';
import { checkOver, isOver } from './auditor/check-over.ts';
import { createServedCheck } from './auditor/check-served.ts';
import { checkSilentEnds } from './auditor/check-silent-ends.ts';
import { createSuspensionCheck } from './auditor/check-suspensions.ts';
import { createTurnsCheck } from './auditor/check-turns.ts';
import { createUnheardCheck } from './auditor/check-unheard.ts';
import { checkInvented, checkUnlisted } from './auditor/check-unlisted.ts';
import { checkUsedJobs } from './auditor/check-usage.ts';
import { createWaitingCheck } from './auditor/check-waiting.ts';
import { createEventLog } from './event-log.ts';
import { createFaults } from './faults.ts';
import { createControlPlane } from './program/control-plane.ts';
import { loadRules } from './program/parts.ts';
import { createPorts } from './program/ports.ts';
import { createService } from './program/services.ts';
import { createRandom, type Random } from './random.ts';
import { createRestWatch } from './rest.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import {
  confirmPauses,
  namesRuns,
  operatorHasControllers,
  tellsOfControllers,
} from './world/controllers/start-controllers.ts';
import { deleteExpiredNotes } from './world/deleted-notes.ts';
import { createReconcilerSchedule } from './world/doubled-schedules.ts';
import { createEc2 } from './world/ec2.ts';
import { createGitHubWorld } from './world/github.ts';
import { hasShortDays, keepsQueued, shortDays } from './world/given-up.ts';
import { lagReads } from './world/late-reads.ts';
import { loseLaunches } from './world/lost-launches.ts';
import { runMachines } from './world/machines.ts';
import { rollUpDays } from './world/roll-ups.ts';
import { shortenPages } from './world/short-pages.ts';
import { createSilentEnds, hasSilentEnds, longJobs } from './world/silent-ends.ts';
import { swapLabels } from './world/swapped-labels.ts';
import { startTenants } from './world/tenants.ts';
import { eventfulSeconds } from './world/times.ts';
import { createUndying, hasUndying, shortLimits } from './world/undying.ts';
import { createWebhooks } from './world/webhooks.ts';

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly log: readonly string[];
  readonly steps: number;
  readonly jobs: number;
  readonly machines: number;
}

/** With some seeds a day and a month end while jobs run. */
const startOf = (seed: number) =>
  seed % 4 === 3 ? Date.UTC(2026, 10, 30, 23, 45) : Date.UTC(2026, 10, 21, 12);
/** Twice what the longest runs need, in which controllers change with each job of a crowd; one that goes on longer is a storm. */
const mostSteps = 200_000;

export async function simulate(seed: number, options: { log?: boolean } = {}): Promise<Outcome> {
  if (tellsOfControllers(seed)) await loadRules();
  const random = createRandom(seed);
  const start = startOf(seed);
  const scheduler = createScheduler(start);
  const log = createEventLog({ kept: options.log === true, start, now: scheduler.now });
  const faults = createFaults(random);
  const deployment = deploymentOf(random, seed);
  const ports = createPorts({ now: scheduler.now, sleep: scheduler.sleep });
  const { rows } = ports.stores.world;
  const auditor = createAuditor({
    rows,
    notes: ports.notes,
    deployment,
    now: scheduler.now,
    isInstalled: ports.github.isInstalled,
    market: ports.spotMarket,
    log: log.add,
  });
  const base = { random, scheduler, log, faults, auditor, ports, deployment };
  const plane = createControlPlane({
    ...base,
    service: createService(base, seed),
    hasPlatformControllers: operatorHasControllers(seed),
    seed,
    callMilliseconds: random.pick([10, 30, 150]),
    // Whoever minds the launch's fence leaves it to its caller.
    launchIsSlow: () => scheduler.after(random.between(500, 10_000), () => plane.sweep()),
  });
  const webhookMilliseconds = random.pick([70, 200, 3_000]);
  const world = {
    ...base,
    plane,
    webhookMilliseconds,
    sharesRuns: namesRuns(seed),
    ...confirmPauses(seed),
    keepsQueued: keepsQueued(seed, deployment),
    endsSilently: createSilentEnds(base, seed),
  };
  ports.spotMarket.begin({ seed, lostInHundred: faults.mood === 'calm' ? 0 : [0, 20, 70][seed % 3]! });
  log.add(() => `seed ${seed}, ${faults.mood}: ${faults.describe()}`);

  const ec2 = createEc2(world, createUndying(world, seed));
  lagReads(world, seed);
  shortenPages(world, seed);
  deleteExpiredNotes(world, seed);
  const webhooks = createWebhooks(world);
  const github = createGitHubWorld(world, { ec2, webhooks });
  loseLaunches(world, github, seed);
  swapLabels(world, seed);
  runMachines(world, { ec2, github });
  const reconciles = seed % 8 === 5;
  const flood = reconciles && random.chance(0.5);
  const longLine = faults.mood === 'calm' && random.chance(0.2);
  const keepsGroups = reconciles && faults.mood !== 'calm' && random.chance(0.7);
  startTenants(world, { github, webhooks, flood, longLine, keepsGroups, seed });
  // On AWS it ends the function's process, whoever else the process works for.
  const unheard = (error: unknown) =>
    auditor.note('bug', `unhandled rejection: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('unhandledRejection', unheard);
  const reconcile = createReconcilerSchedule(base, seed, plane.reconcile);
  const stage = { start, scheduler, auditor, random, faults, plane, deployment, longLine };
  await runWorld({ ...stage, reconciles, reconcile });
  if (auditor.violations.length === 0) await rollUpDays(base, seed);
  process.off('unhandledRejection', unheard);
  return {
    seed,
    violations: auditor.violations,
    log: log.lines,
    steps: scheduler.steps(),
    jobs: rows.jobs.size,
    machines: auditor.ledger.machines.size,
  };
}

function deploymentOf(random: Random, seed: number): Deployment {
  const tier = (name: string, types: readonly string[]) => ({
    name: TierName(name),
    labels: ['self-hosted', 'linux', name],
    os: 'linux' as const,
    architecture: 'x64' as const,
    instanceTypes: types,
    maxRunners: random.between(1, 2),
    spot: random.chance(0.5),
    billed: { diskGigabytes: 30, diskIops: 3000, diskThroughputMegabytes: 125, publicAddress: true },
    ...(random.chance(0.25) ? { capOverAllTenants: random.between(1, 3) } : {}),
  });
  return {
    environment: 'sim',
    region: 'us-east-1',
    tiers: [
      { ...tier('small', ['t3.medium']), includedIn: [TierName('medium')] },
      tier('medium', ['t3.large', 'm5.large']),
    ],
    defaultTier: TierName('small'),
    onboarding: random.chance(0.2) ? 'approve' : 'open',
    runner: { sha256: {} },
    limits: limitsOf(seed),
    caps: {
      waitingJobsPerTenant: 1_000,
      launchesPerMinutePerTenant: 60,
      ...(random.chance(0.2) ? { machinesInAll: random.between(1, 5) } : {}),
    },
  };
}

function limitsOf(seed: number): Deployment['limits'] {
  if (hasUndying(seed)) return shortLimits;
  if (hasShortDays(seed)) return shortDays;
  if (hasSilentEnds(seed)) return longJobs;
  return { bootSeconds: 300, idleSeconds: 120, jobSeconds: 1_800, waitSeconds: 7_200 };
}

interface Stage {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly scheduler: Scheduler;
  readonly auditor: Auditor;
  readonly random: Random;
  readonly faults: ReturnType<typeof createFaults>;
  readonly plane: ReturnType<typeof createControlPlane>;
  readonly deployment: Deployment;
  /** Whether the reconciler runs too. With most seeds it does not: its repairs must not hide what others broke. */
  readonly reconciles: boolean;
  readonly reconcile: () => void;
  /** A pass through all pending jobs takes several sweeps. */
  readonly longLine: boolean;
}

/**
 * A wait ends after two hours, once its job is known; EC2's silence proves the end of what was launched last 65 minutes after
 * that; and what follows takes some minutes.
 */
const quietSeconds = 5 * 3_600;

async function runWorld(stage: Stage): Promise<void> {
  const { start, scheduler, auditor, faults, plane, deployment } = stage;
  const { limits } = deployment;
  const isWaitingTooLong = createWaitingCheck(auditor.ledger, auditor.note);
  const isStarved = createTurnsCheck(auditor.ledger, auditor.note);
  const isUnheard = createUnheardCheck(auditor.ledger, auditor.note, stage.reconciles);
  const isOutdated = createSuspensionCheck(auditor.ledger, auditor.note, stage.reconciles);
  const isLeftOver = createServedCheck(auditor.ledger, auditor.note);
  const isOutOfStep = createKeptCheck(auditor.ledger, auditor.note);
  const isHeldForEver = createHeldByControllersCheck(auditor.ledger, auditor.note);
  const isMisplaced = createMisplacedCheck(auditor.ledger, auditor.note);
  const standsStill = createRestWatch(auditor.ledger, plane.messagesLeft);
  const checkSeconds = 10;
  const quietAt = start + eventfulSeconds * 1000;
  for (let seconds = checkSeconds; ; seconds += checkSeconds) {
    const time = start + seconds * 1000;
    await scheduler.runUntil(time);
    if (time === quietAt) {
      faults.stop();
      auditor.ledger.longestLifeSeconds = Number.POSITIVE_INFINITY;
      auditor.ledger.quietSince = time;
    }
    // In a calm world the sweep comes seldom, so that whoever relies on it alone is seen waiting.
    const isCalm = faults.mood === 'calm' && !stage.longLine && time < quietAt;
    const isStill = time > quietAt && seconds % 60 === 0 && standsStill();
    const period = isCalm || isStill ? 600 : 60;
    if (faults.mood === 'calm') {
      isWaitingTooLong();
      isStarved();
      isLeftOver();
    }
    if (seconds % period === 0) sweepSometimes(stage);
    if (stage.reconciles && seconds % 300 === 0) stage.reconcile();
    if (seconds % 60 === 0) {
      auditor.minute();
      isMisplaced();
    }
    if (time > quietAt && seconds % 60 === 0) {
      isUnheard();
      isOutOfStep();
      isOutdated();
      checkSilentEnds(auditor.ledger, auditor.note, stage.reconciles);
      isHeldForEver();
    }
    if (scheduler.steps() > mostSteps) return auditor.note('storm', `no end after ${mostSteps} steps`);
    if (auditor.violations.length > 0) return;
    if (time > quietAt + 3_600 * 1000) auditor.ledger.longestLifeSeconds = limits.jobSeconds + 3_600 + 3_900;
    const takenUpAt = quietAt + takenUpSeconds * 1000;
    if (stage.reconciles && time === takenUpAt) checkTakenUp(auditor.ledger, auditor.note);
    const quietSince = stage.reconciles ? takenUpAt : quietAt;
    if (time > quietSince && isAllOver(stage)) return;
    if (time > quietAt + quietSeconds * 1000) break;
  }
  checkOver(auditor.ledger, auditor.note);
  checkTruth(auditor.ledger, auditor.note);
  checkUsedJobs(auditor.ledger, auditor.note);
  checkInvented(auditor.ledger, auditor.note);
}

/** Ten visits of the reconciler. */
const takenUpSeconds = 3_000;

function isAllOver({ auditor, plane, faults }: Stage): boolean {
  if (!isOver(auditor.ledger) || plane.messagesLeft() > 0) return false;
  checkTruth(auditor.ledger, auditor.note);
  checkUsedJobs(auditor.ledger, auditor.note);
  checkInvented(auditor.ledger, auditor.note);
  if (faults.mood === 'calm') checkUnlisted(auditor.ledger, auditor.note);
  return true;
}

function sweepSometimes({ faults, plane, scheduler, random }: Stage): void {
  if (faults.strikes('sweepMissed')) return;
  plane.sweep();
  if (faults.strikes('sweepTwice'))
    scheduler.after(random.pick([random.between(1, 1_500), random.between(1, 55_000)]), plane.sweep);
}
