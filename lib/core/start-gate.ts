/**
 * The start gate: GitHub may give a machine another job than planned, so where a tenant's jobs may be refused for what they
 * are, the machine asks once more before the first step. Other tenants' machines ask nothing.
 */
import { policyMark } from './controllers/job-admission.ts';
import type { Tenant } from './tenant.ts';

export const hasStartGate = (tenant: Tenant): boolean =>
  tenant.allowedRepositories !== undefined ||
  tenant.allowPublicRepositories === false ||
  policyMark(tenant) !== undefined;
