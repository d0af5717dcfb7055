/**
 * The start gate: GitHub may give a machine another job than planned, so where a tenant's jobs may be refused for what they
 * are, the machine asks once more before the first step. Other tenants' machines ask nothing.
 */
import type { Tenant } from './tenant.ts';

export const hasStartGate = ({ allowedRepositories, allowPublicRepositories }: Tenant): boolean =>
  allowedRepositories !== undefined || allowPublicRepositories === false;
