/**
 * The policy that a tenant's row names, read once for each epoch: a policy of one epoch never changes. What a process keeps
 * is bounded, and is only ever used for the epoch that it was read with.
 */
import { type ControllerPolicy, isInForce } from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { LoadRules, Rules } from '../../ports/rules.ts';
import { hasExpression } from './vote-by-rules.ts';

/** Of tenants; each may have some hundred kilobytes, and most have a few. */
const mostKept = 100;

const kept = new WeakMap<ControllerStore, Map<InstallationId, ControllerPolicy>>();

/** That of this epoch, or a later one. @throws OperationalError */
async function policyAt(
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

export interface PolicyNow {
  /** As its row is by now. */
  readonly tenant: Tenant;
  /** Absent: no controller is in force. */
  readonly policy?: ControllerPolicy;
  /** Absent: no controller has an expression. */
  readonly rules?: Rules | undefined;
}

/** The policy of a tenant, which may have changed since its row was read. @throws OperationalError */
export async function policyNow(
  deps: { readonly controllers: ControllerStore; readonly loadRules: LoadRules },
  read: Tenant,
): Promise<PolicyNow> {
  const { admissionEpoch, ...without } = read;
  if (admissionEpoch === undefined) return { tenant: read };
  const policy = await policyAt(deps, read.installationId, admissionEpoch);
  if (!policy.controllers.some(isInForce)) return { tenant: without };
  const rules = policy.controllers.some(hasExpression) ? await deps.loadRules() : undefined;
  return { tenant: { ...read, admissionEpoch: policy.epoch }, policy, rules };
}
