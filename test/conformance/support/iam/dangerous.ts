/** Calls that somebody inside one function might try, and that its role must not allow. Launches are in launch-attacks.ts. */
import type { IamQuestion } from '../../../../lib/local/aws/service.ts';
import { accountId } from './simulate.ts';

export interface Dangerous {
  readonly function: string;
  readonly what: string;
  readonly question: IamQuestion;
}

const region = 'us-east-1';
const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
const table = (name: string) => arn('dynamodb', `table/my-saas-${name}`);
const secret = (name: string) => arn('secretsmanager', `secret:State${name}-AbCdEf`);
const role = (name: string) => `arn:aws:iam::${accountId}:role/${name}`;
const machine = arn('ec2', 'instance/i-0123456789abcdef0');
const tagged = (environment: string) => ({ 'ec2:ResourceTag/ghr:environment': environment });

const call = (
  name: string,
  what: string,
  action: string,
  resource: string,
  context: IamQuestion['context'] = {},
): Dangerous => ({ function: name, what, question: { action, resource, context } });

export const dangerous: readonly Dangerous[] = [
  call('webhook', 'reads the key of the App', 'secretsmanager:GetSecretValue', secret('AppSecret')),
  call('webhook', 'writes a tenant', 'dynamodb:PutItem', table('tenants')),
  call('webhook', 'ends a machine', 'ec2:TerminateInstances', machine, tagged('my-saas')),
  call('claim', 'launches', 'ec2:CreateFleet', arn('ec2', 'fleet/fleet-1')),
  call('claim', 'ends a machine', 'ec2:TerminateInstances', machine, tagged('my-saas')),
  call('claim', 'replaces the webhook secret', 'secretsmanager:PutSecretValue', secret('WebhookSecret')),
  call(
    'lifecycle',
    'ends a machine of another environment',
    'ec2:TerminateInstances',
    machine,
    tagged('other'),
  ),
  call('lifecycle', 'ends a machine that carries no tag', 'ec2:TerminateInstances', machine),
  call('lifecycle', 'reads the key of the App', 'secretsmanager:GetSecretValue', secret('AppSecret')),
  call('scale-up', 'ends a machine', 'ec2:TerminateInstances', machine, tagged('my-saas')),
  call('scale-up', 'tags a machine that runs', 'ec2:CreateTags', machine, {
    'aws:RequestTag/ghr:environment': 'my-saas',
  }),
  call('scale-up', 'passes the role of an administrator', 'iam:PassRole', role('administrator'), {
    'iam:PassedToService': 'ec2.amazonaws.com',
  }),
  call(
    'scale-up',
    'changes a launch template',
    'ec2:CreateLaunchTemplateVersion',
    arn('ec2', 'launch-template/lt-1'),
  ),
  call('scale-up', 'reads a parameter of others', 'ssm:GetParameters', arn('ssm', 'parameter/passwords')),
  call('sweep', 'forges tickets', 'secretsmanager:GetSecretValue', secret('TicketSecret')),
  call('sweep', 'deletes a table', 'dynamodb:DeleteTable', table('jobs')),
  call('reconciler', 'launches', 'ec2:CreateFleet', arn('ec2', 'fleet/fleet-1')),
  call('tenant-manager', 'reads all jobs', 'dynamodb:Scan', table('jobs')),
  call('runner-syncer', 'opens the bucket', 's3:PutBucketPolicy', 'arn:aws:s3:::my-saas-runners'),
  call('runner-syncer', 'reads tenants', 'dynamodb:GetItem', table('tenants')),
  call('setup', 'reads the ticket secret', 'secretsmanager:GetSecretValue', secret('TicketSecret')),
  call('setup', 'sends jobs', 'sqs:SendMessage', arn('sqs', 'my-saas-small-builds')),
  ...['webhook', 'claim', 'scale-up', 'lifecycle', 'sweep'].flatMap((name) => [
    call(name, 'makes itself an administrator', 'iam:PutRolePolicy', role(`my-saas-${name}`)),
    call(name, 'takes another role', 'sts:AssumeRole', role('administrator')),
  ]),
];
