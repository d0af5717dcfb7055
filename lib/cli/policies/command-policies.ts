/**
 * The least that each command of `npx mayfly` needs: what it reads and changes in this environment, and nothing in any
 * other. Secrets and machines are matched by the environment's tag, because AWS chooses their names and ids.
 */
import { comparisonPrefix } from '../../adapters/dynamodb/comparison-state-row.ts';
import { exportBucketOf, exportPrefix, exportTable } from '../../contract/costs-export.ts';
import { sharedQueues } from '../../contract/resource-names.ts';
import { tables } from '../../contract/tables.ts';
import { tagKeys } from '../../core/tags.ts';
import { controllerPolicies } from './controller-policies.ts';
import { insightPolicies } from './insight-policies.ts';
import { allow, arn, type Place, type PolicyStatement } from './policy.ts';
import { preflightStatements } from './preflight-policy.ts';
import { readOutputs } from './read-outputs.ts';
import { index, table } from './table-arns.ts';
import { findTenant, readAudit, readWaiting, recordChange, tenantPolicies } from './tenant-policies.ts';
import { verifyStatements } from './verify-policy.ts';

/** By the command's name. */
export const commandPolicies: Readonly<Record<string, (place: Place) => PolicyStatement[]>> = {
  preflight: preflightStatements,
  verify: verifyStatements,
  setup: (place) => [readOutputs(place), ...appSecrets(place), recordChange(place)],
  status: readStatus,
  rollback: (place) => [...readStatus(place), readAudit(place, ['dynamodb:Query']), recordChange(place)],
  costs: readUsage,
  invoice: readUsage,
  'costs compare': (place) => [
    allow('ReadUsage', ['dynamodb:Query'], [table(place, 'usage')]),
    allow('KeepComparison', ['dynamodb:PutItem'], [table(place, 'usage')], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${comparisonPrefix}*`] },
    }),
    recordChange(place),
    ...readExport(place),
    allow('ReadBill', ['ce:GetCostAndUsage'], ['*']),
  ],
  // None of these has resource-level permissions.
  'prices update': () => [allow('ReadPrices', ['pricing:GetProducts'], ['*'])],
  'costs activate': () => [
    allow(
      'ActivateTags',
      ['ce:ListCostAllocationTags', 'ce:UpdateCostAllocationTagsStatus', 'ce:StartCostAllocationTagBackfill'],
      ['*'],
    ),
  ],
  'costs export enable': (place) => [
    ...findExports(place),
    findBucket(place),
    allow(
      'CreateExport',
      ['bcm-data-exports:CreateExport'],
      [exportsOf(place, `export/*`), exportsOf(place, `table/${exportTable}`)],
    ),
    // AWS asks for the right on the older reports, too.
    allow('AsReport', ['cur:PutReportDefinition'], [`arn:aws:cur:us-east-1:${place.account}:definition/*`]),
  ],
  'costs export disable': (place) => [
    ...findExports(place),
    allow('DeleteExport', ['bcm-data-exports:DeleteExport'], [ownExport(place)]),
  ],
  logs: (place) => [
    allow('ReadConsoles', ['ec2:GetConsoleOutput'], [arn('ec2', place, 'instance/*')], ownMachines(place)),
    allow('ReadKeptConsoles', ['dynamodb:GetItem'], [table(place, 'runners')]),
  ],
  'dead-letters': (place) => [
    allow(
      'LookAtDeadLetters',
      ['sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
      [arn('sqs', place, `${place.environment}-*-dead-letters`)],
    ),
    allow('ReadJobs', ['dynamodb:GetItem'], [table(place, 'jobs')]),
    ...sendBack(place),
  ],
  'rotate-webhook-secret': (place) => [readOutputs(place), ...appSecrets(place), recordChange(place)],
  'rotate-key': (place) => [readOutputs(place), ...appSecrets(place), recordChange(place)],
  drain: (place) => [
    allow('FindQueuesOfScaleUp', ['lambda:ListEventSourceMappings'], ['*']),
    allow(
      'SwitchScaleUp',
      ['lambda:UpdateEventSourceMapping'],
      [arn('lambda', place, 'event-source-mapping:*')],
      { ArnLike: { 'lambda:FunctionArn': arn('lambda', place, `function:${place.environment}-scale-up`) } },
    ),
    allow('FindMachines', ['ec2:DescribeInstances'], ['*']),
    allow('EndMachines', ['ec2:TerminateInstances'], [arn('ec2', place, 'instance/*')], ownMachines(place)),
    allow(
      'ReadOpenLaunches',
      ['dynamodb:Query'],
      [index(place, 'launches', tables.launches.indexes.overdue.name)],
    ),
  ],
  ...tenantPolicies,
  ...insightPolicies,
  ...controllerPolicies,
  policy: () => [],
};

/** The one endpoint is in us-east-1. The account that pays the bill may be another than the platform's. */
const exportsOf = ({ account }: Place, what: string) =>
  `arn:aws:bcm-data-exports:us-east-1:${account}:${what}`;

const ownExport = (place: Place) => exportsOf(place, `export/${place.environment}-${place.region}-*`);

/** A file that is not there is told apart from one that may not be read by who may list the bucket. */
function readExport(place: Place): PolicyStatement[] {
  const files = `arn:aws:s3:::${exportBucketOf(place)}/${exportPrefix}/*`;
  return [allow('ReadExport', ['s3:GetObject'], [files]), findBucket(place)];
}

const findBucket = (place: Place): PolicyStatement =>
  allow('FindExport', ['s3:ListBucket'], [`arn:aws:s3:::${exportBucketOf(place)}`]);

const findExports = (place: Place): PolicyStatement[] => [
  allow('ListExports', ['bcm-data-exports:ListExports'], ['*']),
  allow('LookAtExport', ['bcm-data-exports:GetExport'], [ownExport(place)]),
];

function readUsage(place: Place): PolicyStatement[] {
  const usage = allow('ReadUsage', ['dynamodb:Query'], [table(place, 'usage')]);
  return [...findTenant(place), usage];
}

function readStatus(place: Place): PolicyStatement[] {
  return [allow('ReadTenants', ['dynamodb:Scan'], [table(place, 'tenants')]), readWaiting(place)];
}

const ownMachines = ({ environment }: Place) => ({
  StringEquals: { [`ec2:ResourceTag/${tagKeys.environment}`]: environment },
});

const appSecrets = (place: Place): PolicyStatement[] => [
  allow(
    'ReadAndStoreApp',
    ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
    [arn('secretsmanager', place, 'secret:*')],
    { StringEquals: { [`aws:ResourceTag/${tagKeys.environment}`]: place.environment } },
  ),
];

/** SQS moves messages with the caller's permissions. */
const sendBack = (place: Place): PolicyStatement[] => [
  allow(
    'MoveDeadLetters',
    ['sqs:StartMessageMoveTask', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    [arn('sqs', place, `${place.environment}-*-dead-letters`)],
  ),
  allow(
    'SendBack',
    ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
    ['*-builds', ...sharedQueues].map((name) => arn('sqs', place, `${place.environment}-${name}`)),
  ),
];
