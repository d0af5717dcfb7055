/**
 * How the services behind the ports fail: before a call's effect, after it with the answer lost, or with a refusal of
 * their own. A successful call's effect is the fake's own.
 */
import type { GitHubRefusal } from '../../../lib/core/github.ts';
import type { LaunchFailure } from '../../../lib/ports/compute.ts';
import { OperationalError } from '../../../lib/ports/errors.ts';
import { withoutStack } from '../../support/without-stack.ts';
import type { Auditor } from '../auditor/auditor.ts';
import type { Faults } from '../faults.ts';
import { matching } from '../matching.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import { createSecondaryLimits } from '../world/secondary-limits.ts';
import { installationOf, type PortCall, type Service } from './process.ts';

interface ServiceDeps {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly auditor: Auditor;
}

/** @param seed absent: no part of it is chosen by seed */
export function createService(given: ServiceDeps, seed?: number): Service {
  const deps = { ...given, denials: createDenials(given), deniesJob: createJobDenials(given) };
  const limitsRemoval = createRemovalLimits(given);
  const limits = createSecondaryLimits(given, seed);
  const isDoneAgain = createRepeats(given.faults);
  // Every call of a run passes here, and each async function in its path costs as much as the call's own effect.
  return (call) => {
    switch (call.port) {
      case 'compute':
        return call.name === 'compute.launch' ? launch(deps, call) : ec2(deps, call);
      case 'github':
        return heard(deps, call, refused(limits(call)) ?? limitsRemoval(call) ?? github(deps, call));
      // It never throws: an error is an answer.
      case 'callbacks':
        return call.effect();
      case 'queues':
        return failing(deps, call, deps.faults.strikes('queueError'));
      default:
        return store(deps, call, isDoneAgain);
    }
  };
}

/** Writes that the ports promise to be idempotent. */
const repeatable = matching(
  /^(launches\.(take|cover|answer|close)|runners\.(bind|claim|end|recordRan)|jobs\.(insert|start|finish))$/,
);

/**
 * Every fifth of them reaches DynamoDB twice, and the first answer counts. Drawing it at random would change all
 * other seeds.
 */
function createRepeats({ mood }: Faults) {
  let writes = 0;
  return (call: PortCall): boolean => mood !== 'calm' && repeatable(call.name) && ++writes % 5 === 0;
}

/** Late information is outdated; so is the result of an eventually consistent read. */
const lagging = matching(/^(?!runners\.find).*(Across|findByAccount|pendingOf|glance)/);

async function store(
  deps: ServiceDeps,
  call: PortCall,
  isDoneAgain: (call: PortCall) => boolean,
): Promise<unknown> {
  const { faults, random, scheduler } = deps;
  // Between taking a lease and covering its job, another copy, a machine or GitHub may be faster.
  if (call.name === 'launches.cover' && faults.strikes('contention'))
    await scheduler.sleep(random.between(100, 9_000));
  const isContended = call.name === 'launches.take' && faults.strikes('contention');
  const answer = isContended
    ? { kind: 'contended' }
    : await failing(deps, call, faults.strikes('storeError'));
  if (lagging(call.name) && faults.strikes('indexLag')) await scheduler.sleep(random.between(100, 3_000));
  if (isDoneAgain(call)) await call.effect();
  return answer;
}

const failing = (deps: ServiceDeps, call: PortCall, fails: boolean): Promise<unknown> =>
  fails ? fail(deps, call) : call.effect();

async function fail({ random }: ServiceDeps, call: PortCall): Promise<never> {
  if (random.chance(0.5)) throw failure(call.name, 'before');
  await call.effect();
  throw failure(call.name, 'after');
}

const failure = (name: string, moment: string) =>
  withoutStack(
    () =>
      new OperationalError(`${name} failed ${moment} its effect.`, {
        code: 'ServiceUnavailable',
        retryable: true,
      }),
  );

const ec2 = (deps: ServiceDeps, call: PortCall) => failing(deps, call, deps.faults.strikes('ec2Error'));

const refusals: readonly LaunchFailure[] = [
  { class: 'throttled', code: 'RequestLimitExceeded', message: 'Too many calls.' },
  { class: 'quota', code: 'VcpuLimitExceeded', message: 'Too many vCPUs.' },
  { class: 'capacity', code: 'InsufficientInstanceCapacity', message: 'There is none.' },
  { class: 'fatal', code: 'UnauthorizedOperation', message: 'Not allowed.' },
];

const unclear = { kind: 'unclear', failure: { class: 'unknown', code: 'TimeoutError', message: 'Lost.' } };

/** EC2 may still carry out a call that it received from a caller that is gone: sooner than any fence ends. */
const longestAfterwardsMilliseconds = 9_000;

/**
 * A call that timed out may have done nothing, or all of it, or be carried out later: AWS leaves it open.
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
async function launch(deps: ServiceDeps, call: PortCall): Promise<unknown> {
  const { auditor, faults, random, scheduler } = deps;
  if (faults.strikes('ec2Refusal')) return { kind: 'refused', failure: random.pick(refusals) };
  if (!faults.strikes('ec2Unclear')) return call.effect();
  const fate = random.pick(['never', 'never', 'now', 'later', 'later'] as const);
  if (fate === 'now') await call.effect();
  if (fate === 'later') {
    const cause = auditor.cause();
    scheduler.after(random.between(500, longestAfterwardsMilliseconds), () => {
      auditor.beforeCall(cause);
      void call.effect();
    });
  }
  return unclear;
}

const refused = (refusal: GitHubRefusal | undefined) => refusal && { ok: false, refusal };

const falselyGone: GitHubRefusal = { kind: 'not-found', message: 'Not Found' };
const githubRefusals: readonly GitHubRefusal[] = [
  { kind: 'forbidden', message: 'Resource not accessible by integration' },
  falselyGone,
  { kind: 'invalid', message: 'Validation Failed' },
];

/** The auditor is notified of refusals: after one, the platform may give up a machine. */
async function heard({ auditor }: ServiceDeps, call: PortCall, asked: unknown): Promise<unknown> {
  const answer = await asked;
  const { refusal } = answer as { refusal?: GitHubRefusal };
  if (refusal) auditor.githubRefused(installationOf(call), call.name, refusal);
  return answer;
}

/**
 * If GitHub denies that something exists altogether, it does so for less than three minutes, and then not again for
 * some minutes. It may deny a single call at any time.
 */
const denialMilliseconds = 170_000;
const truthfulMilliseconds = 600_000;

function createDenials({ scheduler, faults, random }: Pick<ServiceDeps, 'scheduler' | 'faults' | 'random'>) {
  const since = new Map<number, number>();
  const wholly = new Map<number, { until: number; refusal: GitHubRefusal }>();
  const hiddenUntil = new Map<number, number>();
  return {
    /** Whether GitHub may deny something about this installation now. */
    may(installationId: number): boolean {
      const begun = since.get(installationId);
      const now = scheduler.now();
      if (begun === undefined || now > begun + truthfulMilliseconds) since.set(installationId, now);
      return now <= since.get(installationId)! + denialMilliseconds;
    },
    /** For a while it denies all requests in the same way, or only those for the installation itself. */
    of(installationId: number, { isAboutItself }: { isAboutItself: boolean }): GitHubRefusal | undefined {
      const now = scheduler.now();
      const known = wholly.get(installationId);
      if (known && now <= known.until) return known.refusal;
      if (isAboutItself && now <= (hiddenUntil.get(installationId) ?? 0)) return falselyGone;
      if (!faults.strikes('githubDenial') || !this.may(installationId)) return undefined;
      const until = since.get(installationId)! + random.between(0, denialMilliseconds);
      if (!isAboutItself || random.chance(0.5)) {
        const refusal = random.pick(githubRefusals.filter(({ kind }) => kind !== 'forbidden'));
        wholly.set(installationId, { until, refusal });
        return refusal;
      }
      hiddenUntil.set(installationId, until);
      return falselyGone;
    },
  };
}

/** Whether GitHub denies a job, and for how long, is drawn at the first request about it. */
function createJobDenials({
  scheduler,
  faults,
  random,
}: Pick<ServiceDeps, 'scheduler' | 'faults' | 'random'>) {
  const until = new Map<unknown, number>();
  return ({ name, given: [, , jobId] }: PortCall): boolean => {
    if (name !== 'github.getJob') return false;
    if (!until.has(jobId)) {
      const seconds = faults.strikes('jobDenied') ? random.between(60, 1_800) : 0;
      until.set(jobId, scheduler.now() + seconds * 1000);
    }
    return scheduler.now() < until.get(jobId)!;
  };
}

/** Whether a tenant's runners can be removed at all is drawn once. */
function createRemovalLimits({ faults, random }: ServiceDeps): (call: PortCall) => unknown {
  const limited = new Map<unknown, boolean>();
  return ({ name, given: [installationId] }) => {
    if (name !== 'github.removeRunner') return undefined;
    if (!limited.has(installationId)) limited.set(installationId, faults.strikes('removalLimited'));
    if (!limited.get(installationId)) return undefined;
    return { ok: false, refusal: { kind: 'limited', retryAfterSeconds: random.between(60, 3_600) } };
  };
}

async function github(deps: ServiceDeps & Denying, call: PortCall): Promise<unknown> {
  const { faults, random, denials } = deps;
  const installationId = installationOf(call);
  if (faults.strikes('githubLimit')) {
    return { ok: false, refusal: { kind: 'limited', retryAfterSeconds: random.between(1, 600) } };
  }
  const isAboutItself = call.name === 'github.getInstallation';
  const denial = denials.of(installationId, { isAboutItself });
  if (denial && isAboutItself) return { ok: false, refusal: { kind: 'not-found', message: 'Not Found' } };
  if (denial) return { ok: false, refusal: denial };
  if (deps.deniesJob(call)) return { ok: false, refusal: falselyGone };
  if (!isAboutItself && faults.strikes('githubRefusal')) {
    return { ok: false, refusal: random.pick(githubRefusals) };
  }
  return failing(deps, call, faults.strikes('githubError'));
}

interface Denying {
  readonly denials: ReturnType<typeof createDenials>;
  readonly deniesJob: ReturnType<typeof createJobDenials>;
}
