/** The controllers of an owner as they stand now, and whether each is connected. */
import type { Controller } from '../../core/controllers/controller.ts';
import { isConnected } from '../../core/controllers/token-rules.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { AdminDeps } from './admin.ts';
import { type Faulty, faulty } from './fault.ts';

export interface ShownController {
  readonly controller: Controller;
  readonly connected: boolean;
}

export async function readControllers(
  { controllers, clock }: Pick<AdminDeps, 'controllers' | 'clock'>,
  owner: InstallationId,
): Promise<readonly ShownController[]> {
  const [policy, { tokens }] = await Promise.all([controllers.policyOf(owner), controllers.tokensOf(owner)]);
  const now = clock.now();
  return policy.controllers
    .toSorted((a, b) =>
      a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.id < b.id ? -1 : 1,
    )
    .map((controller) => ({ controller, connected: isConnected(tokens, controller.id, now) }));
}

export async function readController(
  deps: Pick<AdminDeps, 'controllers' | 'clock'>,
  owner: InstallationId,
  id: string,
): Promise<ShownController | Faulty> {
  const found = (await readControllers(deps, owner)).find(({ controller }) => controller.id === id);
  return found ?? faulty('missing', 'no-such-controller', `There is no controller ${id}.`);
}
