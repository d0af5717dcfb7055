/**
 * The policies that judge a tenant's jobs: the platform's own and the tenant's. Each is read once for each epoch, since a
 * policy of one epoch never changes. The cache of a process is bounded, and an entry is used only for the epoch
 * with which it was read.
 */
import { type ControllerPolicy, isInForce, platformOwner } from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { LoadRules, Rules } from '../../ports/rules.ts';
import { hasExpression } from './vote-by-rules.ts';

/** The number of owners; each may have some hundred kilobytes, and most have a few. */
const mostKept = 100;

const kept = new WeakMap<ControllerStore, Map<InstallationId, Kept>>();

interface Kept {
  /** The epoch for which it was requested; once it is read, its own. */
  epoch: number;
  isHere: boolean;
  readonly policy: Promise<ControllerPolicy>;
}

interface PolicyDeps {
  readonly controllers: ControllerStore;
}

const keptBy = ({ controllers }: PolicyDeps): Map<InstallationId, Kept> => {
  const policies = kept.get(controllers) ?? new Map<InstallationId, Kept>();
  kept.set(controllers, policies);
  return policies;
};

/**
 * The policy of this epoch, or a later one. Callers with the same epoch share a read; a read that began before this
 * epoch was known may return an earlier one. @throws OperationalError
 */
export function policyAt(deps: PolicyDeps, owner: InstallationId, epoch: number): Promise<ControllerPolicy> {
  const policies = keptBy(deps);
  const known = policies.get(owner);
  if (known?.epoch === epoch) return known.policy;
  const reading: Kept = { epoch, isHere: false, policy: deps.controllers.policyOf(owner) };
  const oldest = policies.keys().next();
  if (policies.size >= mostKept && !oldest.done) policies.delete(oldest.value);
  policies.set(owner, reading);
  reading.policy.then(
    (policy) => Object.assign(reading, { epoch: policy.epoch, isHere: true }),
    () => policies.get(owner) === reading && policies.delete(owner),
  );
  return reading.policy;
}

/** Whether `policyNow` needs no read. */
export function isPolicyHere(deps: PolicyDeps, { installationId, admissionEpoch, platformEpoch }: Tenant) {
  const isHere = (owner: InstallationId, epoch: number | undefined) => {
    const known = keptBy(deps).get(owner);
    return epoch === undefined || (known?.epoch === epoch && known.isHere);
  };
  return isHere(platformOwner, platformEpoch) && isHere(installationId, admissionEpoch);
}

export interface PolicyNow {
  /** With the current content of its row. */
  readonly tenant: Tenant;
  /** The policies with controllers in force. Empty: no controller judges the tenant's jobs. */
  readonly policies: readonly ControllerPolicy[];
  /** Absent: no controller has an expression. */
  readonly rules?: Rules | undefined;
}

/** The policies over a tenant, which may have changed since its row was read. @throws OperationalError */
export async function policyNow(
  deps: { readonly controllers: ControllerStore; readonly loadRules: LoadRules },
  read: Tenant,
): Promise<PolicyNow> {
  const { admissionEpoch, platformEpoch, ...without } = read;
  const [platform, own] = await Promise.all([
    inForce(deps, platformOwner, platformEpoch),
    inForce(deps, read.installationId, admissionEpoch),
  ]);
  const policies = [platform, own].filter((policy) => policy !== undefined);
  const controllers = policies.flatMap((policy) => policy.controllers);
  const rules = controllers.some(hasExpression) ? await deps.loadRules() : undefined;
  return {
    tenant: {
      ...without,
      ...(own ? { admissionEpoch: own.epoch } : {}),
      ...(platform ? { platformEpoch: platform.epoch } : {}),
    },
    policies,
    rules,
  };
}

async function inForce(
  deps: PolicyDeps,
  owner: InstallationId,
  epoch: number | undefined,
): Promise<ControllerPolicy | undefined> {
  if (epoch === undefined) return undefined;
  const policy = await policyAt(deps, owner, epoch);
  return policy.controllers.some(isInForce) ? policy : undefined;
}
