/** The administrator of one owner's controllers: creates, changes and deletes them, one change at a time. */
import type { Controller } from '../../../../lib/core/controllers/controller.ts';
import type { InstallationId } from '../../../../lib/core/ids.ts';
import type { AuditedController } from '../../auditor/admission/policy-history.ts';
import type { Random } from '../../random.ts';
import type { WorldDeps } from '../context.ts';
import type { Answering, Manner } from './answering.ts';

export interface Administered {
  readonly random: Random;
  readonly answering: Answering;
  /** The current owner; undefined: nobody. */
  readonly owner: () => InstallationId | undefined;
  /** @param nth the number of the controller among those that this administrator creates */
  readonly newController: (owner: InstallationId, nth: number) => AuditedController;
}

export function createAdministrator(deps: WorldDeps, administered: Administered): { change: () => void } {
  const { random, answering } = administered;
  const { ports, log, auditor, scheduler } = deps;
  const store = ports.stores.controllers;
  let made = 0;

  async function change(): Promise<void> {
    const owner = administered.owner();
    if (owner === undefined) return;
    const from = await store.policyOf(owner);
    const known = new Map(auditor.ledger.policies.newest(owner).controllers.map((one) => [one.id, one]));
    const current = [...known.values()];
    const victim = current.length > 0 && random.chance(0.6) ? random.pick(current) : undefined;
    const isDeleted = victim !== undefined && random.chance(0.2);
    const next = victim ? changed(random, victim) : administered.newController(owner, ++made);
    if (isDeleted) known.delete(victim.id);
    else known.set(next.id, next);
    const writes = isDeleted ? { put: [], remove: [victim.id] } : { put: [stored(next)], remove: [] };
    if ((await store.save(from, writes)) !== 'saved') return;
    auditor.ledger.policies.changed(owner, from.epoch + 1, [...known.values()]);
    log.add(
      () => `epoch ${from.epoch + 1} of ${owner}: ${isDeleted ? `${victim.id} is deleted` : described(next)}`,
    );
    if (victim) return;
    const createdAt = new Date(scheduler.now()).toISOString();
    const put = [{ id: 'sec_1', value: 'whsec_b2xk', createdAt }];
    await store.saveSecrets(owner, next.id, { from: [], put });
    answering.begin(next, random.pick(manners));
  }
  return { change: () => void change() };
}

const manners: readonly Manner[] = [
  'steady',
  'steady',
  'steady',
  'slow',
  'silent',
  'wrong',
  'fickle',
  'mixed',
];

/** Another state or failure policy. */
const changed = (random: Random, controller: AuditedController): AuditedController => ({
  ...controller,
  state: random.pick(['enabled', 'enabled', 'dry_run', 'disabled']),
  onFailure: random.pick(['reject', 'admit']),
  version: controller.version + 1,
});

const stored = ({
  rules: _,
  matches: _matches,
  needsGitHub: _needs,
  ...controller
}: AuditedController): Controller => controller;

const described = ({ id, state, transport, onFailure, scopes }: AuditedController) =>
  `${id} is ${state}, ${JSON.stringify(transport)}, ${onFailure}, ${JSON.stringify(scopes.map(({ target }) => target))}`;
