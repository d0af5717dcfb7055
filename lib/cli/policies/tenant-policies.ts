/** The least that each command about tenants needs: its row by id, the logins of all rows, and its waiting jobs. */
import { recordedPolicyAttribute } from '../../contract/audit.ts';
import { tierQueueOf } from '../../contract/queue-name.ts';
import { tables } from '../../contract/tables.ts';
import { policyAttributes } from '../../contract/tenant-policy.ts';
import { allow, arn, type PolicyStatement, type PolicyTarget } from './policy.ts';
import { readApp, readOutputs } from './read-outputs.ts';
import { index, table } from './table-arns.ts';

/** By the command's name. */
export const tenantPolicies: Readonly<Record<string, (target: PolicyTarget) => PolicyStatement[]>> = {
  tenants: (target) => [
    allow('ReadTenants', ['dynamodb:Scan'], [table(target, 'tenants')]),
    allow('ReadWaitingJobs', ['dynamodb:Scan'], [index(target, 'jobs', tables.jobs.indexes.pending.name)]),
  ],
  'tenant show': (target) => [...findTenant(target), readWaiting(target)],
  'tenant approve': (target) => [...changeTenant(target), tellTenantManager(target)],
  'tenant suspend': changeTenant,
  'tenant resume': (target) => [...changeTenant(target), tellTenantManager(target)],
  'tenant set': (target) => [
    ...changeTenant(target),
    tellTenantManager(target),
    readOutputs(target),
    readApp(target),
  ],
  'tenant copy-policy': (target) => [...changeTenant(target), tellTenantManager(target)],
  'tenant rollback': (target) => [
    ...changeTenant(target),
    tellTenantManager(target),
    readAudit(target, ['dynamodb:Query']),
    findQueuesOfScaleUp(),
    readOutputs(target),
    readApp(target),
  ],
  audit: (target) => [...findTenant(target), readAudit(target, ['dynamodb:Query', 'dynamodb:Scan'])],
};

/** For `findTenant`: by installation id, and by login. */
export const findTenant = (target: PolicyTarget): PolicyStatement[] => [
  allow('FindTenant', ['dynamodb:GetItem', 'dynamodb:Scan'], [table(target, 'tenants')]),
];

/** For `findDrain`; it has no resource-level permissions. */
export const findQueuesOfScaleUp = (): PolicyStatement =>
  allow('FindQueuesOfScaleUp', ['lambda:ListEventSourceMappings'], ['*']);

/**
 * For `changeTenant`: the change with its audit row, and a poke for the tiers in which jobs wait. An update may name
 * the attributes that people decide about, but no lease count.
 */
function changeTenant(target: PolicyTarget): PolicyStatement[] {
  const attributes = [...changedAttributes].toSorted();
  return [
    ...findTenant(target),
    allow('ChangeTenant', ['dynamodb:UpdateItem'], [table(target, 'tenants')], {
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
    }),
    recordChange(target),
    readWaiting(target),
    allow(
      'PokeTiers',
      ['sqs:GetQueueUrl', 'sqs:SendMessage'],
      [arn('sqs', target, tierQueueOf(target.environment, '*'))],
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

const tellTenantManager = (target: PolicyTarget): PolicyStatement =>
  allow(
    'TellTenantManager',
    ['sqs:GetQueueUrl', 'sqs:SendMessage'],
    [arn('sqs', target, `${target.environment}-installations`)],
  );

export const recordChange = (target: PolicyTarget): PolicyStatement =>
  allow('RecordChange', ['dynamodb:PutItem'], [table(target, 'audit')]);

export const readAudit = (target: PolicyTarget, actions: readonly string[]): PolicyStatement =>
  allow('ReadAudit', actions, [table(target, 'audit')]);

export const readWaiting = (target: PolicyTarget): PolicyStatement =>
  allow('ReadWaitingJobs', ['dynamodb:Query'], [index(target, 'jobs', tables.jobs.indexes.pending.name)]);
