/** The least that each command about tenants needs: its row by id, the logins of all rows, and its waiting jobs. */
import { recordedPolicyAttribute } from '../../contract/audit.ts';
import { tables } from '../../contract/tables.ts';
import { policyAttributes } from '../../contract/tenant-policy.ts';
import { allow, arn, type Place, type PolicyStatement } from './policy.ts';
import { readApp, readOutputs } from './read-outputs.ts';
import { index, table } from './table-arns.ts';

/** By the command's name. */
export const tenantPolicies: Readonly<Record<string, (place: Place) => PolicyStatement[]>> = {
  tenants: (place) => [
    allow('ReadTenants', ['dynamodb:Scan'], [table(place, 'tenants')]),
    allow('ReadWaitingJobs', ['dynamodb:Scan'], [index(place, 'jobs', tables.jobs.indexes.pending.name)]),
  ],
  'tenant show': (place) => [...findTenant(place), readWaiting(place)],
  'tenant approve': (place) => [...changeTenant(place), tellTenantManager(place)],
  'tenant suspend': changeTenant,
  'tenant resume': (place) => [...changeTenant(place), tellTenantManager(place)],
  'tenant set': (place) => [...changeTenant(place), readOutputs(place), readApp(place)],
  'tenant copy-policy': changeTenant,
  'tenant rollback': (place) => [
    ...changeTenant(place),
    readAudit(place, ['dynamodb:Query']),
    readOutputs(place),
    readApp(place),
  ],
  audit: (place) => [...findTenant(place), readAudit(place, ['dynamodb:Query', 'dynamodb:Scan'])],
};

/** For `findTenant`: by installation id, and by login. */
export const findTenant = (place: Place): PolicyStatement[] => [
  allow('FindTenant', ['dynamodb:GetItem', 'dynamodb:Scan'], [table(place, 'tenants')]),
];

/**
 * For `changeTenant`: the change and its record, and a poke of the tiers in which jobs wait. An update may name the
 * attributes that people decide about, but no count of leases.
 */
function changeTenant(place: Place): PolicyStatement[] {
  const attributes = [...changedAttributes].toSorted();
  return [
    ...findTenant(place),
    allow('ChangeTenant', ['dynamodb:UpdateItem'], [table(place, 'tenants')], {
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
    }),
    recordChange(place),
    readWaiting(place),
    allow(
      'PokeTiers',
      ['sqs:GetQueueUrl', 'sqs:SendMessage'],
      [arn('sqs', place, `${place.environment}-*-builds`)],
    ),
  ];
}

const changedAttributes = [
  'installation_id',
  ...policyAttributes,
  'version',
  recordedPolicyAttribute,
  'updated_at',
  // To make it retry at once.
  ...['attention', 'attention_code', 'attention_since', 'attention_probe_at'],
];

const tellTenantManager = (place: Place): PolicyStatement =>
  allow(
    'TellTenantManager',
    ['sqs:GetQueueUrl', 'sqs:SendMessage'],
    [arn('sqs', place, `${place.environment}-installations`)],
  );

export const recordChange = (place: Place): PolicyStatement =>
  allow('RecordChange', ['dynamodb:PutItem'], [table(place, 'audit')]);

export const readAudit = (place: Place, actions: readonly string[]): PolicyStatement =>
  allow('ReadAudit', actions, [table(place, 'audit')]);

export const readWaiting = (place: Place): PolicyStatement =>
  allow('ReadWaitingJobs', ['dynamodb:Query'], [index(place, 'jobs', tables.jobs.indexes.pending.name)]);
