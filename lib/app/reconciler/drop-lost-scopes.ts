/**
 * A tier, a runner group or a repository that is gone takes along the scopes that name it; a controller without scopes is
 * no longer asked. Removing a scope means asking less, so one answer is not enough: the target must still be missing at a
 * later visit. GitHub is asked once an hour, again soon if something is missing, and after a pause if it did not answer.
 */
import { changePolicy } from '../../core/controllers/change-policy.ts';
import { changeRecord } from '../../core/controllers/change-record.ts';
import { type Controller, type ControllerPolicy, platformOwner } from '../../core/controllers/controller.ts';
import {
  type LostScope,
  lostScopes,
  namedTargets,
  type TargetsSeen,
} from '../../core/controllers/lost-scopes.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { logRepair } from './log-repair.ts';
import {
  lostScopesPerVisit,
  settledSeconds,
  targetsAgainSeconds,
  targetsPerVisit,
  targetsSeconds,
} from './reconcile-settings.ts';
import type { Visit, VisitMarks } from './tenant-visit.ts';

type Of = Pick<Visit, 'tenant' | 'calls' | 'marks'>;

/** @throws OperationalError if GitHub could not answer about a group, after the rest is done */
export async function dropLostScopes(deps: ReconcileDeps, { tenant, calls, marks }: Of): Promise<void> {
  if (tenant.admissionEpoch === undefined) return;
  const policy = await deps.controllers.policyOf(tenant.installationId);
  const { failure, ...seen } = await look(deps, { tenant, calls, marks }, policy);
  await drop(deps, { policy, login: tenant.accountLogin, marks }, seen);
  if (failure) throw failure;
}

interface Looked extends TargetsSeen {
  readonly failure?: OperationalError | undefined;
}

/** The operator's own controllers have only scopes of tiers. */
export async function dropLostPlatformScopes(deps: ReconcileDeps, marks: VisitMarks): Promise<void> {
  if ((await deps.controllers.platformEpoch()) === undefined) {
    delete marks.lostTargets;
    return;
  }
  const policy = await deps.controllers.policyOf(platformOwner);
  await drop(deps, { policy, login: '', marks }, { tiers: tierNames(deps) });
}

const tierNames = ({ deployment }: ReconcileDeps) => deployment.tiers.map(({ name }) => name);

async function look(deps: ReconcileDeps, of: Of, { controllers }: ControllerPolicy): Promise<Looked> {
  const { marks } = of;
  const tiers = tierNames(deps);
  const now = deps.clock.now();
  const isDue = marks.targetsAt === undefined || now - marks.targetsAt >= targetsSeconds * 1000;
  if (!isDue && marks.lostTargets === undefined) return { tiers };
  const { groups, repositories } = namedTargets(controllers);
  if (groups.length + repositories.length === 0) return { tiers };
  // Until GitHub has answered about each, also if it fails: due again after a pause.
  marks.targetsAt = now - (targetsSeconds - targetsAgainSeconds) * 1000;
  const missing = namedTargets(missingAt(marks, controllers));
  const nextGroups = inTurn(groups, missing.groups, marks.groupTarget);
  const { seen, failure } = await lookAtGroups(deps, of, nextGroups);
  const reached = await lookAtRepositories(deps, of, { all: repositories, missing: missing.repositories });
  const isAnswered =
    seen.size === nextGroups.length && reached.size >= Math.min(repositories.length, targetsPerVisit);
  if (isAnswered) marks.targetsAt = now;
  return { tiers, groups: seen, repositories: reached, failure };
}

/** Only those scopes whose targets were missing at the last look. */
const missingAt = ({ lostTargets = {} }: VisitMarks, controllers: readonly Controller[]) =>
  controllers.map((controller) => ({
    ...controller,
    scopes: controller.scopes.filter(({ id }) => id in lostTargets),
  }));

/** What was missing first, then on from the last one that was looked at. */
function inTurn<Name extends string | number>(
  all: readonly Name[],
  missing: readonly Name[],
  last: Name | undefined,
): Name[] {
  const later = all.filter((name) => last !== undefined && name > last);
  return [...new Set([...missing, ...later, ...all])].slice(0, targetsPerVisit);
}

async function lookAtGroups(
  { github }: ReconcileDeps,
  { tenant, calls, marks }: Of,
  names: readonly string[],
): Promise<{ seen: ReadonlyMap<string, boolean>; failure?: OperationalError }> {
  const { installationId, accountLogin } = tenant;
  const seen = new Map<string, boolean>();
  for (const name of names) {
    try {
      // Its groups, and the one's repositories.
      const answer = await calls.ask(() => github.getRunnerGroup(installationId, accountLogin, name), 2);
      if (!answer) break;
      if (answer.ok) seen.set(name, answer.value !== undefined);
      // Also if GitHub refuses to say, or fails: the others have their turn.
      marks.groupTarget = name;
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      marks.groupTarget = name;
      return { seen, failure: error };
    }
  }
  return { seen };
}

/** By the installation's whole list, if that is one page; otherwise one by one, in turn. */
async function lookAtRepositories(
  { github }: ReconcileDeps,
  { tenant, calls, marks }: Of,
  { all, missing }: { readonly all: readonly number[]; readonly missing: readonly number[] },
) {
  const { installationId, accountId } = tenant;
  const seen = new Map<number, boolean>();
  if (all.length === 0) return seen;
  const list = await calls.ask(() => github.listRepositories(installationId));
  if (!list?.ok) return seen;
  if (list.value.cursor === undefined) {
    const reached = new Set(list.value.items.map(({ id }) => id));
    for (const id of all) seen.set(id, reached.has(id));
    return seen;
  }
  for (const id of inTurn(all, missing, marks.repositoryTarget)) {
    const answer = await calls.ask(() => github.getRepository(installationId, id));
    if (!answer) break;
    if (answer.ok) seen.set(id, answer.value.ownerId === accountId);
    else if (answer.refusal.kind === 'not-found') seen.set(id, false);
    marks.repositoryTarget = id;
  }
  return seen;
}

interface Owned {
  readonly policy: ControllerPolicy;
  readonly login: string;
  readonly marks: VisitMarks;
}

async function drop(deps: ReconcileDeps, { policy, login, marks }: Owned, seen: TargetsSeen): Promise<void> {
  const now = deps.clock.now();
  const known = marks.lostTargets ?? {};
  const lost = lostScopes(policy.controllers, seen);
  const since = ({ scope }: LostScope) => known[scope.id] ?? now;
  const settled = lost
    .filter((one) => now - since(one) >= settledSeconds * 1000)
    .slice(0, lostScopesPerVisit);
  const open = lost.filter((one) => !settled.includes(one)).slice(0, lostScopesPerVisit);
  if (open.length === 0) delete marks.lostTargets;
  else marks.lostTargets = Object.fromEntries(open.map((one) => [one.scope.id, since(one)]));
  let from = policy;
  for (const one of settled) {
    const saved = await dropScope(deps, { from, login }, one);
    // Someone else is changing them: the next visit looks again.
    if (!saved) return;
    from = saved;
  }
}

/** Removing a scope brings none. */
const noExpressions = { faultOf: () => undefined, stepsOf: () => 0 };

async function dropScope(
  deps: ReconcileDeps,
  { from, login }: { readonly from: ControllerPolicy; readonly login: string },
  { controller, scope, why }: LostScope,
): Promise<ControllerPolicy | undefined> {
  const at = new Date(deps.clock.now()).toISOString();
  const change = { kind: 'remove-scope', id: controller.id, scopeId: scope.id } as const;
  const targets = { tiers: [], repositoryIds: new Set<number>() };
  const result = changePolicy(from, change, { at, targets, ...noExpressions });
  if (result.kind === 'fault') return undefined;
  const { put, remove } = result;
  const record = {
    ...changeRecord(change.kind, result),
    id: `lost-${scope.id}`,
    at,
    who: 'reconciler',
    login,
    reason: why,
  };
  if ((await deps.controllers.save(from, { put, remove, record })) !== 'saved') return undefined;
  const ofTenant = from.owner === platformOwner ? {} : { installationId: from.owner };
  logRepair(deps, { kind: 'controller-scope-dropped', ...ofTenant, reason: why });
  return result.policy;
}
