/**
 * How an owner's controllers would decide about a hypothetical job. It asks no controller and writes nothing: an external
 * one is reported as one that would be asked. Disabled ones are included, so that they can be tried first.
 */
import type { Deployment } from '../../contract/deployment.ts';
import { stepsOfController } from '../../core/controllers/check-one-job.ts';
import { combineVotes, type Voted } from '../../core/controllers/combine-votes.ts';
import {
  type Controller,
  type ControllerPolicy,
  controllerBounds,
  platformOwner,
} from '../../core/controllers/controller.ts';
import type { DecisionOutcome, Vote } from '../../core/controllers/decision.ts';
import { defaultGroup, type JobFacts, type RunFacts } from '../../core/controllers/facts.ts';
import { covers, type ScopedJob } from '../../core/controllers/scope.ts';
import type { InstallationId, TierName } from '../../core/ids.ts';
import { pricePerHour } from '../../core/price-list.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Rules } from '../../ports/rules.ts';
import { policyAt } from '../admission/policies.ts';
import { factsToAsk, hasExpression, voteByRules } from '../admission/vote-by-rules.ts';
import { findOwner, isFaulty } from './admin.ts';
import type { ChangeDeps } from './change-controller.ts';
import { type Faulty, faulty } from './fault.ts';
import { type TriedRepository, withRepositoryId } from './with-repository-id.ts';

/** A hypothetical job. */
export interface SyntheticJob {
  readonly tier: TierName;
  readonly labels?: readonly string[];
  /** The runner group; absent: the tenant's. */
  readonly group?: string;
  readonly repository: TriedRepository;
  readonly workflow?: { readonly name?: string; readonly path?: string };
  /** Facts that only GitHub has about a real job. Absent: rules that name them cannot be evaluated. */
  readonly run?: Partial<RunFacts>;
}

/** asked: it would be asked, or GitHub would be. unmatched: its match leaves the job out. */
export type TriedVote = Vote | 'asked' | 'unmatched';

export interface Tried {
  readonly kind: 'tried';
  /** asked: it depends on an answer from outside. */
  readonly outcome: DecisionOutcome | 'asked';
  readonly votes: readonly {
    readonly controller: Controller;
    readonly vote: TriedVote;
    readonly reason?: string;
  }[];
}

export type TryDeps = Omit<ChangeDeps, 'deployment'> & {
  readonly deployment: Pick<Deployment, 'tiers' | 'region' | 'prices' | 'runnerGroup'>;
};

export async function tryJob(
  deps: TryDeps,
  owner: InstallationId,
  job: SyntheticJob,
): Promise<Tried | Faulty> {
  const found = await findOwner(deps, owner);
  if (isFaulty(found)) return found;
  const { tenant } = found;
  if (!tenant) {
    const text =
      "A job belongs to one tenant: test it there. The answers include the platform's controllers.";
    return faulty('invalid', 'no-tenant', text);
  }
  const tier = deps.deployment.tiers.find(({ name }) => name === job.tier);
  if (!tier) {
    const names = deps.deployment.tiers.map(({ name }) => name).join(', ');
    return faulty('invalid', 'no-such-tier', `There is no tier ${job.tier}; there are ${names}.`, {
      field: 'tier',
    });
  }
  const policies = await Promise.all([platformPolicy(deps), deps.controllers.policyOf(owner)]);
  const all = policies.flatMap(({ controllers }) => controllers);
  const repository = await withRepositoryId(deps, tenant, { given: job.repository, controllers: all });
  if (isFaulty(repository)) return repository;
  const known = { ...job, repository };
  const scoped = scopedAs(deps, tenant, known);
  const price = pricePerHour(deps.deployment, tier);
  const facts = factsOf(tenant, known, {
    scoped,
    ...(price === undefined ? {} : { price }),
  });
  const asked = all.filter(({ scopes }) => scopes.some(({ target }) => covers(target, scoped)));
  const rules = asked.some(hasExpression) ? await deps.loadRules() : undefined;
  const fault = rules && checkSteps(asked, { owner, rules });
  if (fault) return fault;
  const votes = asked.map((controller) => {
    const own = voteByRules({ controller, scoped, facts }, rules);
    if (own === 'none') return { controller, vote: 'unmatched' as const };
    if (own === 'asked') return { controller, vote: own, reason: 'It would be asked.' };
    return own === 'github'
      ? { controller, vote: 'asked' as const, reason: githubWouldBeAsked(controller, facts, rules) }
      : { controller, ...own };
  });
  return { kind: 'tried', outcome: outcomeOf(votes), votes };
}

/** One row says whether this process still has the current one; where none is in force, there is little to read. */
async function platformPolicy(deps: TryDeps): Promise<ControllerPolicy> {
  const epoch = await deps.controllers.platformEpoch();
  return epoch === undefined
    ? deps.controllers.policyOf(platformOwner)
    : policyAt(deps, platformOwner, epoch);
}

/**
 * Twice the bound of one job, for the disabled ones that are tried beside the others. Those in force come first, since they
 * alone may have more from an earlier version. Stops at the bound: reading all of them would take seconds.
 */
function checkSteps(
  asked: readonly Controller[],
  { owner, rules }: { readonly owner: InstallationId; readonly rules: Rules },
): Faulty | undefined {
  const own = asked.filter((controller) => controller.owner === owner);
  const isDisabled = ({ state }: Controller) => state === 'disabled';
  const most = 2 * controllerBounds.stepsOfOneJob;
  let steps = 0;
  for (const controller of [...own.filter((one) => !isDisabled(one)), ...own.filter(isDisabled)]) {
    steps += stepsOfController(controller, rules);
    if (steps <= most) continue;
    const mending = isDisabled(controller)
      ? 'Remove the scopes of disabled controllers that you do not test now, or shorten the rules.'
      : 'Shorten the rules, use fewer patterns and loops, or narrow the scopes.';
    const text = `The rules of the ${own.length} controllers over this job, disabled ones included, would take more than ${most} steps, the most for a test. ${mending}`;
    return faulty('conflict', 'too-many-steps-on-one-job', text);
  }
  return undefined;
}

function githubWouldBeAsked(
  { match, transport }: Controller,
  facts: JobFacts,
  rules: Rules | undefined,
): string {
  const ofRules = transport.kind === 'rules' ? transport.rules.map(({ reject }) => reject) : [];
  const expressions = [...(match === undefined ? [] : [match]), ...ofRules];
  const missing = new Set(rules && expressions.flatMap((each) => factsToAsk(rules, each, facts)));
  return `It needs facts about the run that only GitHub has: give ${[...missing].join(', ')}.`;
}

export function outcomeOf(votes: Tried['votes']): Tried['outcome'] {
  const obeyed = votes.filter(({ controller }) => controller.state === 'enabled');
  const voted = obeyed.flatMap(({ controller, vote, reason }): Voted[] => {
    if (vote === 'asked' || vote === 'unmatched') return [];
    const { id: controllerId, owner } = controller;
    const about = { controllerId, owner, enforced: true, milliseconds: 0 };
    return [{ controller, vote: { ...about, vote, ...(reason === undefined ? {} : { reason }) } }];
  });
  const { outcome } = combineVotes(voted);
  if (outcome === 'rejected') return outcome;
  return obeyed.some(({ vote }) => vote === 'asked') ? 'asked' : outcome;
}

function scopedAs(
  { deployment }: TryDeps,
  tenant: Tenant,
  { tier, group, repository }: SyntheticJob,
): ScopedJob {
  const isOfOrganization = levelNow(tenant).level === 'organization';
  const joined = group ?? tenant.runnerGroup ?? deployment.runnerGroup ?? defaultGroup;
  return { tier, repositoryId: repository.id, ...(isOfOrganization ? { group: joined } : {}) };
}

function factsOf(
  tenant: Tenant,
  { tier, labels = [], repository, workflow = {}, run = {} }: SyntheticJob,
  { scoped, price }: { readonly scoped: ScopedJob; readonly price?: number },
): JobFacts {
  return {
    account: { login: tenant.accountLogin, id: tenant.accountId, type: tenant.accountType },
    repository,
    workflow,
    run: { id: 0, ...run },
    job: {
      id: 0,
      labels,
      tier,
      level: levelNow(tenant).level,
      group: scoped.group ?? '',
      ...(price === undefined ? {} : { price_per_hour: price }),
    },
  };
}
