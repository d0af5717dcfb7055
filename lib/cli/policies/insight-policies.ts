/** The least that explaining commands need: rows by key, the notes that copies share, and the App's key to call GitHub. */
import { tables } from '../../contract/tables.ts';
import { allow, arn, type Place, type PolicyStatement } from './policy.ts';
import { readApp, readOutputs } from './read-outputs.ts';
import { index, table } from './table-arns.ts';
import { findTenant } from './tenant-policies.ts';

/** By the command's name. */
export const insightPolicies: Readonly<Record<string, (place: Place) => PolicyStatement[]>> = {
  explain: (place) => [
    ...findTenant(place),
    allow(
      'ReadJobs',
      ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
      [table(place, 'jobs')],
    ),
    allow(
      'ReadLines',
      ['dynamodb:Query', 'dynamodb:Scan'],
      [index(place, 'jobs', tables.jobs.indexes.pending.name)],
    ),
    allow(
      'ReadTogether',
      ['dynamodb:BatchGetItem'],
      [table(place, 'launches'), table(place, 'notes'), table(place, 'tenants'), table(place, 'controllers')],
    ),
    allow('ReadMachines', ['dynamodb:GetItem'], [table(place, 'runners')]),
    allow(
      'LookAtDeadLetters',
      ['sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
      [arn('sqs', place, `${place.environment}-*-dead-letters`)],
    ),
    readOutputs(place),
    readApp(place),
  ],
  'status --tenant': (place) => [
    ...findTenant(place),
    allow('ReadWaitingJobs', ['dynamodb:Query'], [index(place, 'jobs', tables.jobs.indexes.pending.name)]),
    allow('ReadJobs', ['dynamodb:BatchGetItem', 'dynamodb:Query'], [table(place, 'jobs')]),
    allow('ReadMachines', ['dynamodb:BatchGetItem'], [table(place, 'runners')]),
    allow('FindMachines', ['ec2:DescribeInstances'], ['*']),
    readOutputs(place),
    readApp(place),
  ],
  'tenant test': (place) => [
    ...findTenant(place),
    allow('FollowJobs', ['dynamodb:GetItem', 'dynamodb:Query'], [table(place, 'jobs')]),
    allow('FollowMachines', ['dynamodb:GetItem'], [table(place, 'runners')]),
    allow('ReadLines', ['dynamodb:Query'], [index(place, 'jobs', tables.jobs.indexes.pending.name)]),
    allow(
      'ReadTogether',
      ['dynamodb:BatchGetItem'],
      [table(place, 'launches'), table(place, 'notes'), table(place, 'tenants')],
    ),
    readOutputs(place),
    readApp(place),
  ],
  'tenant validate': (place) => [...findTenant(place), readOutputs(place), readApp(place)],
};
