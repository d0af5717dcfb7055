/**
 * Changes one controller of an owner: reads all of them, checks the change against them, and writes it with its audit row in
 * one transaction, or plans again if somebody else was faster. A change that makes a controller ask less needs only the
 * tables, so that a tenant can disable a controller that locks it out even while GitHub is down.
 */
import { changePolicy } from '../../core/controllers/change-policy.ts';
import { changeRecord } from '../../core/controllers/change-record.ts';
import type { ControllerPolicy } from '../../core/controllers/controller.ts';
import type { ChangedPolicy, KnownTargets, PolicyChange } from '../../core/controllers/policy-change.ts';
import type { LoadRules, Rules } from '../../ports/rules.ts';
import { hasExpression } from '../admission/vote-by-rules.ts';
import { type Actor, type AdminDeps, findOwner, isFaulty, type Owner, recordOf } from './admin.ts';
import { type Faulty, faulty, inMotion, mostTries } from './fault.ts';
import { findTargets, type TargetDeps } from './find-targets.ts';

export interface ChangeDeps extends AdminDeps, TargetDeps {
  /** Loaded only for a change that may make a job meet more expressions. */
  readonly loadRules: LoadRules;
  readonly allowsLoopback?: boolean;
}

type ExpressionCheck = Pick<Rules, 'faultOf' | 'stepsOf'>;

export interface Changed extends ChangedPolicy {
  readonly kind: 'changed';
}

export async function changeController(
  deps: ChangeDeps,
  owner: Parameters<typeof findOwner>[1],
  change: PolicyChange,
  actor: Actor,
): Promise<Changed | Faulty> {
  const found = await findOwner(deps, owner);
  if (isFaulty(found)) return found;
  const targets = await findTargets(deps, found, change);
  if (isFaulty(targets)) return targets;
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const changed = await tryChange(deps, { owner: found, change, actor, targets });
    if (changed !== 'outrun') return changed;
  }
  return inMotion();
}

async function tryChange(
  deps: ChangeDeps,
  plan: { owner: Owner; change: PolicyChange; actor: Actor; targets: KnownTargets },
): Promise<Changed | Faulty | 'outrun'> {
  const { owner, change, actor, targets } = plan;
  const policy = await deps.controllers.policyOf(owner.id);
  const { allowsLoopback = false } = deps;
  const { faultOf, stepsOf } = isJudged(policy, change) ? await deps.loadRules() : noExpressions;
  const at = new Date(deps.clock.now()).toISOString();
  const result = changePolicy(policy, change, { at, targets, faultOf, stepsOf, allowsLoopback });
  if (result.kind === 'fault') {
    const { kind, code, text, field } = result.fault;
    return faulty(kind, code, text, field === undefined ? {} : { field });
  }
  if (actor.isDryRun) return result;
  const record = recordOf(deps, owner, actor, changeRecord(change.kind, result));
  const saved = await deps.controllers.save(policy, { put: result.put, remove: result.remove, record });
  return saved === 'saved' ? result : 'outrun';
}

/** Whether it brings an expression, or may make a job meet more of those that are stored. */
function isJudged({ controllers }: ControllerPolicy, change: PolicyChange): boolean {
  const hasOne = controllers.some(hasExpression);
  if (change.kind === 'add-scope') return hasOne;
  if (!('settings' in change)) return false;
  const { match, transport, state } = change.settings;
  const mayAskMore = state !== undefined && state !== 'disabled';
  return Boolean(match) || transport?.kind === 'rules' || (hasOne && mayAskMore);
}

const noExpressions: ExpressionCheck = { faultOf: () => undefined, stepsOf: () => 0 };
