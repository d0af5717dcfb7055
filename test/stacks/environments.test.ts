/**
 * Two environments in one account and region: no name, export or address of one is the other's, and no function of one may
 * do anything to what is the other's. Both are made on one laptop, and IAM is asked.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { explain } from '../../lib/local/aws/iam/evaluate.ts';
import type { IamQuestion } from '../../lib/local/aws/service.ts';
import { createLaptopCloud } from '../../lib/local/laptop-cloud.ts';
import { laptopAccountId, type Services, startServices } from '../../lib/local/laptop-services.ts';
import { loadAssembly } from '../../lib/local/template/assembly.ts';
import { createAssembly, type LoadedResource } from '../../lib/local/template/load.ts';
import { registry } from '../../lib/local/template/registry.ts';
import { configWith } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { type Synthesized, synthesized } from './assembly.ts';

/** One name is the beginning of the other: the case in which patterns would overlap. */
const environments = ['shop', 'shop-test'] as const;
type Environment = (typeof environments)[number];
const stacks = ['network', 'state', 'control-plane', 'observability', 'images'];
const region = 'us-east-1';

const plainConfig = (environment: Environment) => configWith({ environment });
/** With what a laptop does not run, but takes names all the same. */
const configWithImages = (environment: Environment) =>
  configWith({ environment, machineImages: { keep: 5 } });
const apps = new Map<Environment, Synthesized>(
  environments.map((environment) => [environment, synthesized(plainConfig(environment))]),
);
const withImages = environments.map((environment) => synthesized(configWithImages(environment)));
afterAll(() => {
  for (const app of [...apps.values(), ...withImages]) app.dispose();
});

/** Every property that gives a resource a name of its own in the account. */
const naming =
  /^(TableName|QueueName|FunctionName|LaunchTemplateName|LogGroupName|AlarmName|TopicName|DashboardName)$/;

function physicalNames(app: Synthesized): string[] {
  return app.resources().flatMap(({ Type, Properties = {} }) =>
    Object.entries(Properties)
      .filter(
        ([property]) =>
          naming.test(property) ||
          (property === 'Name' && /Rule|QueryDefinition|ImageBuilder|Parameter/.test(Type)),
      )
      .filter(([, name]) => typeof name === 'string')
      .map(([, name]) => `${Type} ${name}`),
  );
}

function exportNames(app: Synthesized): string[] {
  return stacks
    .flatMap((stack) => Object.values(app.outputs(stack) ?? {}))
    .flatMap((output) => output.Export?.Name ?? []);
}

describe('two environments', () => {
  it.each([
    ['name', physicalNames, 40],
    ['export', exportNames, 15],
  ])('have no %s in common', (_, of, atLeast) => {
    const [one, other] = withImages.map(of);
    expect(one!.length).toBeGreaterThan(atLeast);
    expect(one!.filter((name) => other!.includes(name))).toEqual([]);
  });

  it('give no role, bucket or secret a name, so that no name can be taken', () => {
    for (const app of nonEmpty(withImages)) {
      for (const { Properties } of nonEmpty(app.resources('AWS::IAM::Role')))
        expect(Properties.RoleName).toBeUndefined();
    }
  });
});

describe('a function of one environment', () => {
  let services: Services;
  let close: () => Promise<void>;
  let made: readonly LoadedResource[];
  beforeAll(async () => {
    const emit = () => {};
    services = await startServices({ region, emit });
    const laptop = createLaptopCloud({ region, services, emit, portFor: () => 0, tap: async () => {} });
    close = laptop.close;
    const assemblies = [...apps.values()].map(({ folder }) => loadAssembly(folder));
    const both = { ...assemblies[0]!, stacks: assemblies.flatMap(({ stacks }) => stacks) };
    made = (await createAssembly(both, registry, laptop.cloud)).resources;
  });
  afterAll(async () => {
    await close?.();
    await services?.close();
  });

  const resourcesOf = (environment: Environment, type: string) =>
    made.filter((each) => each.type === type && stacksOf(environment).includes(each.stack));
  const stacksOf = (environment: Environment) => stacks.map((stack) => `${environment}-${stack}`);
  const functionsOf = (environment: Environment) =>
    resourcesOf(environment, 'AWS::Lambda::Function').map(({ ref }) => ref);
  const arnsOf = (environment: Environment, type: string) =>
    resourcesOf(environment, type).map(({ ref, attributes }) => String(attributes['Arn'] ?? ref));
  const ec2Arn = (resource: string) => `arn:aws:ec2:${region}:${laptopAccountId}:${resource}`;

  /** All that could be done to what belongs to an environment. */
  function trespasses(environment: Environment): IamQuestion[] {
    const ask = (actions: readonly string[], resources: readonly string[], context = {}): IamQuestion[] =>
      actions.flatMap((action) => resources.map((resource) => ({ action, resource, context })));
    const tables = arnsOf(environment, 'AWS::DynamoDB::Table');
    const rows = ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'];
    const statements = ['PartiQLInsert', 'PartiQLUpdate', 'PartiQLSelect', 'PartiQLDelete'];
    const tag = { 'ec2:resourcetag/ghr:environment': environment, 'ec2:region': region };
    const templates = resourcesOf(environment, 'AWS::EC2::LaunchTemplate').map(({ ref }) =>
      ec2Arn(`launch-template/${ref}`),
    );
    const requested = { 'aws:requesttag/ghr:environment': environment, 'ec2:createaction': 'CreateFleet' };
    return [
      ...ask(
        [...rows, ...statements].map((name) => `dynamodb:${name}`),
        tables.flatMap((arn) => [
          arn,
          `${arn}/index/pending`,
          `${arn}/index/overdue`,
          `${arn}/index/by-account`,
        ]),
      ),
      ...ask(
        ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        arnsOf(environment, 'AWS::SQS::Queue'),
      ),
      ...ask(
        ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
        arnsOf(environment, 'AWS::SecretsManager::Secret'),
      ),
      ...ask(
        ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket'],
        arnsOf(environment, 'AWS::S3::Bucket').flatMap((arn) => [arn, `${arn}/any`]),
      ),
      ...ask(['logs:CreateLogStream', 'logs:PutLogEvents'], arnsOf(environment, 'AWS::Logs::LogGroup')),
      ...ask(
        ['ec2:TerminateInstances', 'ec2:GetConsoleOutput', 'ec2:CreateTags'],
        [ec2Arn('instance/i-0123456789abcdef0')],
        tag,
      ),
      ...ask(['ec2:CreateFleet', 'ec2:RunInstances'], templates, tag),
      ...ask(['ec2:RunInstances', 'ec2:CreateTags'], [ec2Arn('instance/*'), ec2Arn('volume/*')], {
        ...requested,
        'ec2:launchtemplate': templates,
      }),
      ...ask(['ec2:CreateTags'], [ec2Arn('network-interface/*')], requested),
      ...ask(
        ['ec2:RunInstances'],
        resourcesOf(environment, 'AWS::EC2::Subnet').map(({ ref }) => ec2Arn(`subnet/${ref}`)),
        { 'ec2:launchtemplate': templates },
      ),
    ];
  }

  const allowed = (functionName: string, questions: readonly IamQuestion[]) =>
    questions
      .filter(
        (question) => explain(services.endpoint.policiesOf(functionName)!, question).verdict === 'allowed',
      )
      .map(({ action, resource }) => `${functionName} may ${action} on ${resource}`);

  it.each([
    ['shop', 'shop-test'],
    ['shop-test', 'shop'],
  ] as const)('of %s may do nothing to resources of %s', (one, other) => {
    const questions = trespasses(other);
    expect(questions.length).toBeGreaterThan(200);
    expect(functionsOf(one).flatMap((name) => allowed(name, questions))).toEqual([]);
  });

  it.each(environments)(
    'of %s may do its own work, so that this test asks the right questions',
    (environment) => {
      const may = functionsOf(environment).flatMap((name) => allowed(name, trespasses(environment)));
      for (const action of [
        'dynamodb:UpdateItem',
        'sqs:SendMessage',
        'secretsmanager:GetSecretValue',
        'logs:PutLogEvents',
        'ec2:TerminateInstances',
        'ec2:CreateFleet',
        'ec2:RunInstances',
        'ec2:CreateTags',
      ]) {
        expect(may.join('\n')).toContain(`may ${action} on`);
      }
    },
  );
});
