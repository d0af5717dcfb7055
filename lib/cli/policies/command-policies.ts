/**
 * The least that each command of `npx mayfly` needs: what it reads and changes in this environment, and nothing in
 * any other. Secrets and machines are matched by the environment's tag, because AWS chooses their names and ids.
 */
import { comparisonPrefix } from '../../adapters/dynamodb/comparison-state-row.ts';
import { exportBucketOf, exportPrefix, exportTable } from '../../contract/costs-export.ts';
import { tierQueueOf } from '../../contract/queue-name.ts';
import { sharedQueues } from '../../contract/resource-names.ts';
import { tables } from '../../contract/tables.ts';
import { tagKeys } from '../../core/tags.ts';
import { controllerPolicies } from './controller-policies.ts';
import { insightPolicies } from './insight-policies.ts';
import { allow, arn, type PolicyStatement, type PolicyTarget } from './policy.ts';
import { preflightStatements } from './preflight-policy.ts';
import { readOutputs } from './read-outputs.ts';
import { index, table } from './table-arns.ts';
import {
  findQueuesOfScaleUp,
  findTenant,
  readAudit,
  readWaiting,
  recordChange,
  tenantPolicies,
} from './tenant-policies.ts';
import { verifyStatements } from './verify-policy.ts';

/** By the command's name. */
export const commandPolicies: Readonly<Record<string, (target: PolicyTarget) => PolicyStatement[]>> = {
  preflight: preflightStatements,
  verify: verifyStatements,
  setup: (target) => [readOutputs(target), ...appSecrets(target), recordChange(target)],
  status: (target) => [...readStatus(target), findQueuesOfScaleUp()],
  rollback: (target) => [...readStatus(target), readAudit(target, ['dynamodb:Query']), recordChange(target)],
  costs: readUsage,
  invoice: readUsage,
  'costs compare': (target) => [
    allow('ReadUsage', ['dynamodb:Query'], [table(target, 'usage')]),
    allow('KeepComparison', ['dynamodb:PutItem'], [table(target, 'usage')], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${comparisonPrefix}*`] },
    }),
    recordChange(target),
    ...readExport(target),
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
  'costs export enable': (target) => [
    ...findExports(target),
    findBucket(target),
    allow(
      'CreateExport',
      ['bcm-data-exports:CreateExport'],
      [exportsOf(target, `export/*`), exportsOf(target, `table/${exportTable}`)],
    ),
    // AWS requires this permission on legacy reports too.
    allow('AsReport', ['cur:PutReportDefinition'], [`arn:aws:cur:us-east-1:${target.account}:definition/*`]),
  ],
  'costs export disable': (target) => [
    ...findExports(target),
    allow('DeleteExport', ['bcm-data-exports:DeleteExport'], [ownExport(target)]),
  ],
  logs: (target) => [
    allow('ReadConsoles', ['ec2:GetConsoleOutput'], [arn('ec2', target, 'instance/*')], ownMachines(target)),
    allow('ReadKeptConsoles', ['dynamodb:GetItem'], [table(target, 'runners')]),
  ],
  'dead-letters': (target) => [
    allow(
      'LookAtDeadLetters',
      ['sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'],
      [arn('sqs', target, `${target.environment}-*-dead-letters`)],
    ),
    allow('ReadJobs', ['dynamodb:GetItem'], [table(target, 'jobs')]),
    ...sendBack(target),
  ],
  'rotate-webhook-secret': (target) => [readOutputs(target), ...appSecrets(target), recordChange(target)],
  'rotate-key': (target) => [readOutputs(target), ...appSecrets(target), recordChange(target)],
  drain: (target) => [
    findQueuesOfScaleUp(),
    allow(
      'SwitchScaleUp',
      ['lambda:UpdateEventSourceMapping'],
      [arn('lambda', target, 'event-source-mapping:*')],
      { ArnLike: { 'lambda:FunctionArn': arn('lambda', target, `function:${target.environment}-scale-up`) } },
    ),
    allow('FindMachines', ['ec2:DescribeInstances'], ['*']),
    allow('EndMachines', ['ec2:TerminateInstances'], [arn('ec2', target, 'instance/*')], ownMachines(target)),
    allow(
      'ReadOpenLaunches',
      ['dynamodb:Query'],
      [index(target, 'launches', tables.launches.indexes.overdue.name)],
    ),
    allow('ReadLaunches', ['dynamodb:BatchGetItem'], [table(target, 'launches')]),
  ],
  ...tenantPolicies,
  ...insightPolicies,
  ...controllerPolicies,
  policy: () => [],
};

/** The only endpoint is in us-east-1. The account that pays the bill may differ from the platform's. */
const exportsOf = ({ account }: PolicyTarget, what: string) =>
  `arn:aws:bcm-data-exports:us-east-1:${account}:${what}`;

const ownExport = (target: PolicyTarget) =>
  exportsOf(target, `export/${target.environment}-${target.region}-*`);

/** Without permission to list the bucket, S3 answers AccessDenied for a missing file. */
function readExport(target: PolicyTarget): PolicyStatement[] {
  const files = `arn:aws:s3:::${exportBucketOf(target)}/${exportPrefix}/*`;
  return [allow('ReadExport', ['s3:GetObject'], [files]), findBucket(target)];
}

const findBucket = (target: PolicyTarget): PolicyStatement =>
  allow('FindExport', ['s3:ListBucket'], [`arn:aws:s3:::${exportBucketOf(target)}`]);

const findExports = (target: PolicyTarget): PolicyStatement[] => [
  allow('ListExports', ['bcm-data-exports:ListExports'], ['*']),
  allow('LookAtExport', ['bcm-data-exports:GetExport'], [ownExport(target)]),
];

function readUsage(target: PolicyTarget): PolicyStatement[] {
  const usage = allow('ReadUsage', ['dynamodb:Query'], [table(target, 'usage')]);
  return [...findTenant(target), usage];
}

function readStatus(target: PolicyTarget): PolicyStatement[] {
  return [allow('ReadTenants', ['dynamodb:Scan'], [table(target, 'tenants')]), readWaiting(target)];
}

const ownMachines = ({ environment }: PolicyTarget) => ({
  StringEquals: { [`ec2:ResourceTag/${tagKeys.environment}`]: environment },
});

const appSecrets = (target: PolicyTarget): PolicyStatement[] => [
  allow(
    'ReadAndStoreApp',
    ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
    [arn('secretsmanager', target, 'secret:*')],
    { StringEquals: { [`aws:ResourceTag/${tagKeys.environment}`]: target.environment } },
  ),
];

/** SQS moves messages with the caller's permissions. */
const sendBack = (target: PolicyTarget): PolicyStatement[] => [
  allow(
    'MoveDeadLetters',
    ['sqs:StartMessageMoveTask', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    [arn('sqs', target, `${target.environment}-*-dead-letters`)],
  ),
  allow(
    'SendBack',
    ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
    [
      tierQueueOf(target.environment, '*'),
      ...sharedQueues.map((name) => `${target.environment}-${name}`),
    ].map((queue) => arn('sqs', target, queue)),
  ),
];
