/** The least that explaining commands need: rows by key, the shared notes, and the App's key to call GitHub. */
import { tables } from '../../contract/tables.ts';
import { allow, arn, type PolicyStatement, type PolicyTarget } from './policy.ts';
import { readApp, readOutputs } from './read-outputs.ts';
import { index, table } from './table-arns.ts';
import { findQueuesOfScaleUp, findTenant } from './tenant-policies.ts';

/** By the command's name. */
export const insightPolicies: Readonly<Record<string, (target: PolicyTarget) => PolicyStatement[]>> = {
  explain: (target) => [
    ...findTenant(target),
    allow(
      'ReadJobs',
      ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
      [table(target, 'jobs')],
    ),
    allow(
      'ReadLines',
      ['dynamodb:Query', 'dynamodb:Scan'],
      [index(target, 'jobs', tables.jobs.indexes.pending.name)],
    ),
    allow(
      'ReadTogether',
      ['dynamodb:BatchGetItem'],
      [
        table(target, 'launches'),
        table(target, 'notes'),
        table(target, 'tenants'),
        table(target, 'controllers'),
      ],
    ),
    allow('ReadMachines', ['dynamodb:GetItem'], [table(target, 'runners')]),
    allow(
      'LookAtDeadLetters',
      ['sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
      [arn('sqs', target, `${target.environment}-*-dead-letters`)],
    ),
    findQueuesOfScaleUp(),
    readOutputs(target),
    readApp(target),
  ],
  'status --tenant': (target) => [
    ...findTenant(target),
    allow('ReadWaitingJobs', ['dynamodb:Query'], [index(target, 'jobs', tables.jobs.indexes.pending.name)]),
    allow('ReadJobs', ['dynamodb:BatchGetItem', 'dynamodb:Query'], [table(target, 'jobs')]),
    allow('ReadMachines', ['dynamodb:BatchGetItem'], [table(target, 'runners')]),
    allow('FindMachines', ['ec2:DescribeInstances'], ['*']),
    findQueuesOfScaleUp(),
    readOutputs(target),
    readApp(target),
  ],
  'tenant test': (target) => [
    ...findTenant(target),
    allow('FollowJobs', ['dynamodb:GetItem', 'dynamodb:Query'], [table(target, 'jobs')]),
    allow('FollowMachines', ['dynamodb:GetItem'], [table(target, 'runners')]),
    allow('ReadLines', ['dynamodb:Query'], [index(target, 'jobs', tables.jobs.indexes.pending.name)]),
    allow(
      'ReadTogether',
      ['dynamodb:BatchGetItem'],
      [table(target, 'launches'), table(target, 'notes'), table(target, 'tenants')],
    ),
    readOutputs(target),
    readApp(target),
  ],
  'tenant validate': (target) => [
    ...findTenant(target),
    findQueuesOfScaleUp(),
    readOutputs(target),
    readApp(target),
  ],
};
