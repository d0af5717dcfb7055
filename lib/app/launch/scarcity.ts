/**
 * What all copies know about EC2's shortages: which pools are closed, and at which pace EC2 may be called. Both are read
 * before a launch, together with the tenant, and written only when EC2 refuses, or shortly after it did.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { Launch } from '../../core/launch.ts';
import {
  askTurn,
  callNow,
  type LaunchPace,
  lineUp,
  paceExpiresAt,
  slowedDown,
  spedUp,
  type Turn,
} from '../../core/launch-pace.ts';
import {
  type Closing,
  type ClosingCause,
  type Closings,
  marketName,
  poolName,
  poolSeconds,
  type Subnet,
} from '../../core/pools.ts';
import { parseTenantTier, type TenantTier, tenantTierKey } from '../../core/tenant-tier.ts';
import type { LaunchAnswer, LaunchFailure } from '../../ports/compute.ts';
import type { Queues } from '../../ports/queues.ts';
import { changeNote, type NoteDeps } from '../common/change-note.ts';
import { isConfigured } from '../common/configured-tier.ts';
import { retryDelaySeconds, shortMemorySeconds } from '../common/settings.ts';
import { closingsIn, closingsNote, paceIn, paceNote, readScarcity } from './read-scarcity.ts';

export interface ScarcityDeps extends NoteDeps {
  readonly deployment: Deployment;
  /** In the configured order. */
  readonly subnets: readonly Subnet[];
  readonly queues: Queues;
}

/** How often a call may be throttled while someone waits for a turn; after that it joins the line. */
const maxHolds = 3;

/** Asks for the right to one CreateFleet call. A caller that gets a later turn is woken then. */
export async function takeTurn(deps: ScarcityDeps, place: TenantTier): Promise<Turn> {
  for (let holds = 1; ; holds++) {
    const askedAt = deps.clock.now();
    const turn = await askForTurn(deps, place);
    if (turn.kind === 'wait' || turn.waitMilliseconds === 0) return turn;
    await deps.clock.sleep(turn.waitMilliseconds);
    // A turn given before EC2 throttled again is no longer valid.
    const { pace } = await readScarcity(deps);
    if (pace === undefined || pace.slowedAt < askedAt || holds === maxHolds) return turn;
  }
}

async function askForTurn(deps: ScarcityDeps, place: TenantTier): Promise<Turn> {
  const turn = await changeNote<LaunchPace, Turn>(deps, paceNote, (value, now) => {
    const pace = paceIn(value);
    if (!pace) return { expiresAt: 0, result: { kind: 'go', waitMilliseconds: 0 } };
    const asked = askTurn(pace, tenantTierKey(place), now);
    return { value: asked.pace, expiresAt: paceExpiresAt(asked.pace, now), result: asked.turn };
  });
  if (turn?.kind === 'wait' && turn.fresh) await callUp(deps, place, turn.at);
  return turn ?? { kind: 'wait', at: deps.clock.now(), fresh: false };
}

/** For calls that have no place in the line: whether one may be made now. */
export async function mayCallNow(deps: ScarcityDeps): Promise<boolean> {
  const wait = await changeNote<LaunchPace, number | undefined>(deps, paceNote, (value, now) => {
    const known = paceIn(value);
    if (!known) return { expiresAt: 0, result: 0 };
    const call = callNow(known, now);
    return call
      ? { value: call.pace, expiresAt: paceExpiresAt(call.pace, now), result: call.waitMilliseconds }
      : { expiresAt: 0, result: undefined };
  });
  if (wait) await deps.clock.sleep(wait);
  return wait !== undefined;
}

export interface Lesson {
  /** Other pools may have what these lacked: plan again at once. */
  readonly againNow: boolean;
  /** Otherwise it is worth another try after this. */
  readonly againSeconds: number;
}

/** Records what an answer reveals. It does nothing if EC2 gave what was requested and was not short lately. */
export async function learn(
  deps: ScarcityDeps,
  call: { launch: Launch; askedAt: number; answer: LaunchAnswer; paced: boolean },
): Promise<Lesson> {
  const { launch, askedAt, answer, paced } = call;
  const failures = answer.kind === 'answered' ? answer.failures : [answer.failure];
  const closings = closingsOf(deps, launch, failures);
  if (Object.keys(closings).length > 0) await close(deps, closings);
  if (failures.some((failure) => failure.class === 'throttled')) return slowDown(deps, { launch, askedAt });
  if (paced && answer.kind === 'answered') await speedUp(deps);
  return lessonOf(failures);
}

function lessonOf(failures: readonly LaunchFailure[]): Lesson {
  const has = (cause: ClosingCause) => failures.some((failure) => failure.class === cause);
  if (has('fatal')) return { againNow: false, againSeconds: poolSeconds.fatal };
  if (has('quota')) return { againNow: true, againSeconds: poolSeconds.quota };
  if (has('unoffered')) return { againNow: true, againSeconds: retryDelaySeconds };
  if (has('capacity')) return { againNow: true, againSeconds: poolSeconds.capacity };
  return { againNow: false, againSeconds: retryDelaySeconds };
}

function closingsOf(
  deps: ScarcityDeps,
  launch: Launch,
  failures: readonly LaunchFailure[],
): Record<string, Closing> {
  const market = launch.request.TargetCapacitySpecification.DefaultTargetCapacityType;
  const tier = { name: launch.tier };
  const closed: Record<string, Closing> = {};
  for (const failure of failures) {
    const cause = failure.class;
    if (cause === 'throttled' || cause === 'unknown') continue;
    const closing = { cause, code: failure.code, until: deps.clock.now() + poolSeconds[cause] * 1000 };
    if (cause === 'fatal') closed[tier.name] = closing;
    else if (cause === 'quota') closed[marketName(failure.pool?.market ?? market, tier)] = closing;
    else for (const name of dryPools(deps, launch, failure)) closed[name] = closing;
  }
  return closed;
}

/** The pool that EC2 named, or else all that were requested. */
function dryPools(deps: ScarcityDeps, launch: Launch, failure: LaunchFailure): string[] {
  const market = launch.request.TargetCapacitySpecification.DefaultTargetCapacityType;
  const asked = launch.request.LaunchTemplateConfigs.flatMap(({ Overrides }) => Overrides).map(
    ({ InstanceType, SubnetId }) => ({ market, instanceType: InstanceType, subnetId: SubnetId }),
  );
  const zoneOf = (subnetId: string) => deps.subnets.find((subnet) => subnet.subnetId === subnetId)?.zone;
  return (failure.pool ? [failure.pool] : asked).map((pool) =>
    poolName({ ...pool, zone: zoneOf(pool.subnetId) ?? pool.subnetId }),
  );
}

async function close(deps: ScarcityDeps, closings: Record<string, Closing>): Promise<void> {
  await changeNote<Closings, true>(deps, closingsNote, (known, now) => {
    const remembered = Object.entries(closingsIn(known)).filter(
      ([, { until }]) => until + shortMemorySeconds * 1000 > now,
    );
    const value = { ...Object.fromEntries(remembered), ...closings };
    const last = Math.max(...Object.values(value).map(({ until }) => until));
    return { value, expiresAt: last + shortMemorySeconds * 1000, result: true };
  });
  const unoffered = Object.entries(closings).filter(([, { cause }]) => cause === 'unoffered');
  if (unoffered.length > 0)
    deps.telemetry.event('warn', 'pools-not-offered', { pools: unoffered.map(([pool]) => pool) });
  const fatal = Object.entries(closings).find(([, { cause }]) => cause === 'fatal');
  if (fatal) {
    const [tier, { code, until }] = fatal;
    deps.telemetry.event('error', 'launches-stopped', { tier, code, until: new Date(until).toISOString() });
  }
}

/** The launch's own place goes to the end of the line; its job is woken by the poke that follows. */
async function slowDown(
  deps: ScarcityDeps,
  { launch, askedAt }: { launch: Launch; askedAt: number },
): Promise<Lesson> {
  const at = await changeNote<LaunchPace, number>(deps, paceNote, (known, now) => {
    const { pace, turn } = lineUp(slowedDown(paceIn(known), { askedAt, now }), tenantTierKey(launch), now);
    return { value: pace, expiresAt: paceExpiresAt(pace, now), result: turn.at };
  });
  const wait = at === undefined ? retryDelaySeconds : secondsUntil(deps, at);
  return { againNow: false, againSeconds: Math.max(1, wait) };
}

/** EC2 accepts calls again: the next two in line need not wait for their turns. */
async function speedUp(deps: ScarcityDeps): Promise<void> {
  const called = await changeNote<LaunchPace, string[]>(deps, paceNote, (value, now) => {
    const known = paceIn(value);
    if (!known) return { expiresAt: 0, result: [] };
    const { pace, called } = spedUp(known, now);
    return called.length === 0
      ? { expiresAt: 0, result: [] }
      : { value: pace, expiresAt: paceExpiresAt(pace, now), result: called };
  });
  await Promise.all((called ?? []).map((place) => callUp(deps, parseTenantTier(place), deps.clock.now())));
}

async function callUp(deps: ScarcityDeps, place: TenantTier, at: number): Promise<void> {
  const { installationId, tier } = place;
  if (!isConfigured(deps, tier)) return;
  const delaySeconds = Math.max(0, secondsUntil(deps, at));
  await deps.queues.sendToTier(
    tier,
    { kind: 'poke', installationId, tier },
    delaySeconds > 0 ? { delaySeconds } : {},
  );
}

/** SQS delays a message by at most 15 minutes. */
const secondsUntil = (deps: ScarcityDeps, at: number) =>
  Math.min(900, Math.ceil((at - deps.clock.now()) / 1000));
