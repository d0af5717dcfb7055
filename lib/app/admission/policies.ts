/**
 * The policy that a tenant's row names, read once for each epoch: a policy of one epoch never changes. What a process keeps
 * is bounded, and is only ever used for the epoch that it was read with.
 */
import { type ControllerPolicy, isInForce } from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { ControllerStore } from '../../ports/controllers.ts';

/** Of tenants; each may have some hundred kilobytes, and most have a few. */
const mostKept = 100;

const kept = new WeakMap<ControllerStore, Map<InstallationId, ControllerPolicy>>();

/** That of this epoch, or a later one. @throws OperationalError */
export async function policyAt(
  deps: { readonly controllers: ControllerStore },
  owner: InstallationId,
  epoch: number,
): Promise<ControllerPolicy> {
  const policies = kept.get(deps.controllers) ?? new Map<InstallationId, ControllerPolicy>();
  kept.set(deps.controllers, policies);
  const known = policies.get(owner);
  if (known?.epoch === epoch) return known;
  const policy = await deps.controllers.policyOf(owner);
  const oldest = policies.keys().next();
  if (policies.size >= mostKept && !oldest.done) policies.delete(oldest.value);
  policies.set(owner, policy);
  return policy;
}

/** As the tenant's row has it. */
export const epochInForce = ({ epoch, controllers }: ControllerPolicy): number | undefined =>
  controllers.some(isInForce) ? epoch : undefined;
