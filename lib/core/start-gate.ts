/**
 * The start gate: GitHub may give a machine a different job than planned. So if some of a tenant's jobs may not run, its
 * machines ask once more before the first step. Other tenants' machines do not ask.
 */
import { policyMark } from './controllers/job-admission.ts';
import type { Runner } from './runner.ts';
import type { Tenant } from './tenant.ts';

export const hasStartGate = (tenant: Tenant): boolean =>
  tenant.allowedRepositories !== undefined ||
  tenant.allowPublicRepositories === false ||
  policyMark(tenant) !== undefined;

/** For a machine that claims now. One that was marked may not confirm without a gate, even if nothing needs one any more. */
export const needsGate = (tenant: Tenant, { gateRequiredAt }: Pick<Runner, 'gateRequiredAt'>): boolean =>
  hasStartGate(tenant) || gateRequiredAt !== undefined;
