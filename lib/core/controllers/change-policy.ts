/**
 * A change of an owner's controllers, checked as a whole: the resulting policy, or the first error. A
 * change that makes a controller ask less can fail only because of an outdated version (disabling,
 * deleting, removing a scope), so that a tenant that locked itself out can recover.
 */
import { checkOneJob } from './check-one-job.ts';
import { checkSettings } from './check-settings.ts';
import { type Controller, type ControllerPolicy, controllerBounds, platformOwner } from './controller.ts';
import {
  type ChangeContext,
  type KnownTargets,
  type PolicyChange,
  type PolicyChangeResult,
  type PolicyFault,
  policyFault,
  type SettingChanges,
} from './policy-change.ts';
import { isSameTarget, type ScopeTarget } from './scope.ts';

export function changePolicy(
  policy: ControllerPolicy,
  change: PolicyChange,
  context: ChangeContext,
): PolicyChangeResult {
  const before = policy.controllers.find(({ id }) => id === change.id);
  const fault = checkExistence(policy, change, before);
  if (fault) return failed(fault);
  const made = edited(policy, change, before, context);
  if (made.kind === 'fault') return made;
  const { controller, asksMore } = made;
  const isDeleted = change.kind === 'delete';
  const others = policy.controllers.filter(({ id }) => id !== change.id);
  const controllers = isDeleted ? others : [...others, controller];
  const tooMuch = asksMore ? checkOneJob({ others, before, after: controller }, context) : undefined;
  if (tooMuch) return failed(tooMuch);
  return {
    kind: 'changed',
    policy: { ...policy, epoch: policy.epoch + 1, controllers },
    put: isDeleted ? [] : [controller],
    remove: isDeleted ? [change.id] : [],
    controller,
    ...(before ? { before } : {}),
  };
}

const failed = (fault: PolicyFault) => ({ kind: 'fault', fault }) as const;

function checkExistence(
  { controllers }: ControllerPolicy,
  change: PolicyChange,
  before: Controller | undefined,
): PolicyFault | undefined {
  if (change.kind === 'create') {
    if (before) return policyFault('conflict', 'id-taken', `The controller ${change.id} already exists.`);
    const most = controllerBounds.controllersEach;
    if (controllers.length < most) return undefined;
    return policyFault(
      'conflict',
      'too-many-controllers',
      `There are ${controllers.length} controllers; at most ${most} are allowed. Delete one first.`,
    );
  }
  if (!before) return policyFault('missing', 'no-such-controller', `There is no controller ${change.id}.`);
  if (change.version === undefined || change.version === before.version) return undefined;
  return policyFault(
    'outdated',
    'version-differs',
    `Version ${change.version} of ${change.id} was given, but it is at ${before.version} now. Read it again.`,
  );
}

type Edited =
  | { readonly kind: 'edited'; readonly controller: Controller; readonly asksMore: boolean }
  | { readonly kind: 'fault'; readonly fault: PolicyFault };

function edited(
  { owner }: ControllerPolicy,
  change: PolicyChange,
  before: Controller | undefined,
  context: ChangeContext,
): Edited {
  if (!before || change.kind === 'create') {
    const blank = newController(owner, change.id, context.at);
    return withSettings(blank, change.kind === 'create' ? change.settings : {}, context);
  }
  const next = { ...before, version: before.version + 1, updatedAt: context.at };
  switch (change.kind) {
    case 'update':
      return withSettings(next, change.settings, context);
    case 'delete':
      return { kind: 'edited', controller: before, asksMore: false };
    case 'add-scope': {
      const fault = checkScope(before, change.target, context.targets);
      if (fault) return failed(fault);
      const scope = { id: change.scopeId, target: change.target, createdAt: context.at };
      return { kind: 'edited', controller: { ...next, scopes: [...before.scopes, scope] }, asksMore: true };
    }
    case 'remove-scope': {
      const scopes = before.scopes.filter(({ id }) => id !== change.scopeId);
      if (scopes.length < before.scopes.length)
        return { kind: 'edited', controller: { ...next, scopes }, asksMore: false };
      const text = `The controller ${change.id} has no scope ${change.scopeId}.`;
      return failed(policyFault('missing', 'no-such-scope', text));
    }
  }
}

function newController(owner: Controller['owner'], id: string, at: string): Controller {
  return {
    owner,
    id,
    description: '',
    state: 'disabled',
    transport: { kind: 'poll' },
    onFailure: 'reject',
    timeoutMilliseconds: controllerBounds.timeoutMilliseconds.default,
    exemptRepositories: [],
    scopes: [],
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}

function withSettings(from: Controller, settings: SettingChanges, context: ChangeContext): Edited {
  const fault = checkSettings(settings, context);
  if (fault) return failed(fault);
  const { match, ...rest } = { ...from, ...settings };
  const controller: Controller = match === undefined || match === '' ? rest : { ...rest, match };
  return { kind: 'edited', controller, asksMore: controller.state !== 'disabled' };
}

function checkScope(
  { id, owner, scopes }: Controller,
  target: ScopeTarget,
  targets: KnownTargets,
): PolicyFault | undefined {
  const most = controllerBounds.scopesEach;
  if (scopes.length >= most) {
    const text = `${id} has ${scopes.length} scopes; at most ${most} are allowed.`;
    return policyFault('conflict', 'too-many-scopes', text);
  }
  if (scopes.some((scope) => isSameTarget(scope.target, target)))
    return policyFault('conflict', 'duplicate-scope', `${id} has this scope already.`, 'target');
  const isWide = target.kind === 'installation';
  const hasWide = scopes.some((scope) => scope.target.kind === 'installation');
  if (scopes.length > 0 && (isWide || hasWide)) {
    return policyFault(
      'conflict',
      'installation-excludes-narrower',
      `The installation's scope covers all others, and ${id} has ${isWide ? 'narrower ones' : 'it'}. Remove ${isWide ? 'them' : 'it'} first.`,
      'target',
    );
  }
  const foreign = foreignPart(owner, target, targets);
  if (foreign === undefined) return undefined;
  return policyFault('invalid', 'foreign-target', foreign, 'target');
}

/** Parts of the target that do not belong to the owner. */
function foreignPart(
  owner: Controller['owner'],
  target: ScopeTarget,
  { tiers, groups, repositoryIds }: KnownTargets,
): string | undefined {
  if (owner === platformOwner && target.kind !== 'installation' && target.kind !== 'tier')
    return `A platform-wide controller has scopes of the kinds installation and tier, not ${target.kind}.`;
  if ('tier' in target && !tiers.includes(target.tier))
    return `There is no tier ${target.tier}; there are ${tiers.join(', ')}.`;
  if ('group' in target && !groups?.some((name) => name.toLowerCase() === target.group.toLowerCase()))
    return `The account has no runner group ${target.group} that the platform knows of. Its groups are under Settings, Actions, Runner groups on GitHub.`;
  if ('repositoryId' in target && !repositoryIds.has(target.repositoryId))
    return `The installation has no repository with the id ${target.repositoryId}.`;
  return undefined;
}
