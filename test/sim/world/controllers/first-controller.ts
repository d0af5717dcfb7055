/**
 * With some seeds the very first controller, of a tenant or of the operator, is enabled just as a machine claims or
 * begins to listen, and the job that the machine was planned for is gone. Soon jobs are queued that the controller
 * rejects: on GitHub they stay queued, and take any listening machine. This draws from its own random generator.
 */
import { platformOwner } from '../../../../lib/core/controllers/controller.ts';
import { InstallationId, type JobId } from '../../../../lib/core/ids.ts';
import type { AuditedController } from '../../auditor/admission/policy-history.ts';
import type { Random } from '../../random.ts';
import type { Account, WorldDeps, WorldJob } from '../context.ts';
import type { GitHubWorld } from '../github.ts';

export interface FirstController {
  readonly random: Random;
  readonly github: GitHubWorld;
  readonly account: Account;
  /** Over all tenants, not only over the account. */
  readonly isOfOperator: boolean;
}

/**
 * How often, and for how long, it is checked whether a machine has claimed: GitHub may give the machine its job very
 * soon.
 */
const lookMilliseconds = 100;
const looks = 1_500;

export function enableFirstController(deps: WorldDeps, first: FirstController): void {
  const { random, github, account } = first;
  const { scheduler, plane } = deps;
  let bait: WorldJob | undefined;
  let isQueued = false;
  github.onQueued((job) => {
    if (isQueued && job.account === account) bait ??= job;
  });
  scheduler.after(random.between(20, 700) * 1000, () => {
    isQueued = true;
    queue(deps, first);
    look(looks);
  });

  function look(left: number): void {
    if (bait && hasClaimed(deps, bait)) enableAround(bait);
    else if (left > 0) scheduler.after(lookMilliseconds, () => look(left - 1));
  }

  function enableAround(job: WorldJob): void {
    github.cancel(job);
    const at = random.pick([0, random.between(0, 300), random.between(0, 3_000)]);
    scheduler.after(at, () => void put(deps, first, 'enabled'));
    if (random.chance(0.3)) {
      scheduler.after(at + 4_000, () => void put(deps, first, 'disabled'));
      scheduler.after(at + random.between(8_000, 30_000), () => void put(deps, first, 'enabled'));
    }
    // In a calm world the sweep comes rarely. It is scheduled, and a schedule may run it twice.
    if (random.chance(0.7)) scheduler.after(at + random.between(500, 12_000), () => plane.sweep());
    // Before a sweep, while a slow machine listens; or after it, while an idle machine still exists.
    const [soonest, latest] = random.pick([
      [2, 10],
      [61, 110],
    ] as const);
    for (let n = random.between(1, 2); n > 0; n--)
      scheduler.after(at + random.between(soonest, latest) * 1000, () => queue(deps, first));
  }
}

function queue({ deployment }: WorldDeps, { github, account }: FirstController): void {
  const [smallest] = deployment.tiers;
  const repository = `${account.login}/${account.repositories[0]}`;
  github.queue({ account, repository, tier: smallest!.name, labels: smallest!.labels, durationSeconds: 60 });
}

const hasClaimed = ({ ports }: WorldDeps, { id }: WorldJob): boolean =>
  ports.stores.world
    .allRunners()
    .some(
      ({ plannedJob, state }) =>
        plannedJob === (id as unknown as JobId) && (state === 'claimed' || state === 'listening'),
    );

async function put(
  { ports, auditor, scheduler, log }: WorldDeps,
  { account, isOfOperator }: FirstController,
  state: 'enabled' | 'disabled',
): Promise<void> {
  const owner = isOfOperator ? platformOwner : InstallationId(account.installationId ?? 0);
  const tenant = ports.stores.world.tenant(owner);
  if (!isOfOperator && (!tenant || tenant.status === 'deleted')) return;
  const from = await ports.stores.controllers.policyOf(owner);
  const at = new Date(scheduler.now()).toISOString();
  const controller = rejectsAll({ owner, at, state, version: from.epoch + 1 });
  const { rules: _rules, matches: _matches, needsGitHub: _needs, ...stored } = controller;
  if ((await ports.stores.controllers.save(from, { put: [stored], remove: [] })) !== 'saved') return;
  auditor.ledger.policies.changed(owner, from.epoch + 1, [controller]);
  log.add(() => `the first controller of ${owner} is ${state}, and rejects all jobs`);
}

const rejectsAll = (over: {
  owner: InstallationId;
  at: string;
  state: 'enabled' | 'disabled';
  version: number;
}): AuditedController => ({
  owner: over.owner,
  id: `ctl_first${over.owner}`,
  description: '',
  state: over.state,
  transport: { kind: 'rules', rules: [{ reject: 'true', reason: 'Not now.' }] },
  onFailure: 'reject',
  timeoutMilliseconds: 5_000,
  exemptRepositories: [],
  scopes: [{ id: `scp_first${over.owner}`, target: { kind: 'installation' }, createdAt: over.at }],
  version: over.version,
  createdAt: over.at,
  updatedAt: over.at,
  rules: () => 'reject',
  matches: () => true,
  needsGitHub: undefined,
});
