/**
 * The start gate: GitHub may give a machine a different job than planned. So if some of a tenant's jobs may not run, its
 * machines ask once more before the first step. Other tenants' machines do not ask.
 */
import { policyMark } from './controllers/job-admission.ts';
import type { Tenant } from './tenant.ts';

export const hasStartGate = (tenant: Tenant): boolean =>
  tenant.allowedRepositories !== undefined ||
  tenant.allowPublicRepositories === false ||
  policyMark(tenant) !== undefined;
