/** The least that each command about tenants needs: its row by id, the logins of all rows, and its waiting jobs. */
import { tables } from '../../contract/tables.ts';
import { allow, type Place, type PolicyStatement } from './policy.ts';
import { index, table } from './table-arns.ts';

/** By the command's name. */
export const tenantPolicies: Readonly<Record<string, (place: Place) => PolicyStatement[]>> = {
  'tenant show': (place) => [...findTenant(place), readWaiting(place)],
};

/** For `findTenant`: by installation id, and by login. */
export const findTenant = (place: Place): PolicyStatement[] => [
  allow('FindTenant', ['dynamodb:GetItem', 'dynamodb:Scan'], [table(place, 'tenants')]),
];

export const readWaiting = (place: Place): PolicyStatement =>
  allow('ReadWaitingJobs', ['dynamodb:Query'], [index(place, 'jobs', tables.jobs.indexes.pending.name)]);
