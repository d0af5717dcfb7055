/** Whole assemblies: what is created, in which order, and what is refused, by name and all at once. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { loadAssembly } from '../../../lib/local/template/assembly.ts';
import type { Template } from '../../../lib/local/template/cloudformation.ts';
import { createAssembly } from '../../../lib/local/template/load.ts';
import { registry } from '../../../lib/local/template/registry.ts';
import { eventually, givenCloud } from '../lambda/fake-cloud.ts';
import { functionResources, givenAssembly, queue, queueArn, type Resources } from './given-assembly.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function givenStacks(stacks: Readonly<Record<string, Template>>, bundle?: string) {
  const { directory, remove } = givenAssembly(stacks, bundle);
  const world = givenCloud();
  cleanups.push(remove, world.close);
  return { ...world, load: () => createAssembly(loadAssembly(directory), registry, world.cloud) };
}
const givenStack = (Resources: Resources, bundle?: string) => givenStacks({ app: { Resources } }, bundle);

describe('an assembly', () => {
  it('is refused with every unknown type, property, attribute and name at once, each with its location', async () => {
    const { load } = givenStacks({
      one: {
        Parameters: {},
        Resources: {
          Thing: { Type: 'AWS::IoT::Thing' },
          Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueNam: 'x' } },
          Table: { Type: 'AWS::DynamoDB::Table', Properties: { GlobalSecondaryIndexes: [{ Warm: 1 }] } },
        },
      },
      two: {
        Resources: {
          Role: { Type: 'AWS::IAM::Role', Condition: 'Never', Properties: { RoleName: { Ref: 'Nobody' } } },
          Log: {
            Type: 'AWS::Logs::LogGroup',
            Properties: { LogGroupName: { 'Fn::GetAtt': ['Role', 'Nam'] } },
          },
          Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: { 'Fn::Cidr': [] } } },
        },
        Outputs: { Out: { Value: { 'Fn::ImportValue': 'missing' } } },
      },
    });
    const error = (await load().catch((refusal) => refusal)) as Error;
    expect(error.message.split('\n').map((line) => line.replace(/;? known are .*| here$/, ''))).toEqual([
      'The laptop cannot run this assembly as written (9 faults):',
      '- one: the section Parameters is not understood',
      '- one/Thing (AWS::IoT::Thing): this resource type is not in the registry',
      '- one/Queue (AWS::SQS::Queue) QueueNam: this property is not in the registry',
      '- one/Table (AWS::DynamoDB::Table) GlobalSecondaryIndexes.Warm: this property is not in the registry',
      '- two/Role (AWS::IAM::Role) Condition: this resource attribute is not understood',
      '- two/Role (AWS::IAM::Role): refers to Nobody, which does not exist',
      '- two/Log (AWS::Logs::LogGroup): asks for Role.Nam; a AWS::IAM::Role has Arn, RoleId',
      '- two/Url (AWS::Lambda::Url): Fn::Cidr is not understood',
      '- two/Out (Output): imports missing, which no stack exports',
    ]);
  });

  it('is created in order of its references, across stacks', async () => {
    const { load } = givenStacks({
      user: {
        Resources: {
          Log: {
            Type: 'AWS::Logs::LogGroup',
            Properties: { LogGroupName: { 'Fn::ImportValue': 'the-queue' } },
          },
        },
      },
      owner: {
        Resources: { Second: { Type: 'AWS::SQS::Queue', DependsOn: 'Queue' }, ...queue },
        Outputs: { Name: { Value: { 'Fn::GetAtt': ['Queue', 'QueueName'] }, Export: { Name: 'the-queue' } } },
      },
    });
    const { resources, outputs } = await load();
    expect(resources.map(({ logicalId, ref }) => [logicalId, ref.split('/').at(-1)])).toEqual([
      ['Queue', 'builds'],
      ['Log', 'builds'],
      ['Second', 'owner-Second'],
    ]);
    expect(outputs).toEqual({ Name: 'builds', 'owner.Name': 'builds' });
  });

  it('has a parameter when a launch template reads its image there, only if the template depends on it', async () => {
    const parameter = {
      Type: 'AWS::SSM::Parameter',
      Properties: { Name: '/images/own', DataType: 'aws:ec2:image', Type: 'String', Value: 'ami-1' },
    };
    const made: string[] = [];
    const loading = async (DependsOn?: string) => {
      made.length = 0;
      const template = {
        Type: 'AWS::EC2::LaunchTemplate',
        ...(DependsOn ? { DependsOn } : {}),
        Properties: { LaunchTemplateData: { ImageId: 'resolve:ssm:/images/own' } },
      };
      const { cloud, load } = givenStack({ Parameter: parameter, Template: template });
      cloud.machines.addParameter = ({ name }) => void made.push(name);
      cloud.machines.addLaunchTemplate = () => void made.push('template');
      await load();
      return made;
    };
    expect(await loading()).toEqual(['template', '/images/own']);
    expect(await loading('Parameter')).toEqual(['/images/own', 'template']);
  });

  it('with a circular reference is refused, and the circle is named', async () => {
    const role = (other: string) => ({ Type: 'AWS::IAM::Role', DependsOn: other });
    const { load } = givenStack({ A: role('B'), B: role('A') });
    await expect(load()).rejects.toThrow('app/A → app/B → app/A');
  });

  it('passes a table to the engine with its keys, indexes and time to live', async () => {
    const { load, tables } = givenStack({
      Jobs: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: 'jobs',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
        },
      },
    });
    await load();
    expect(tables).toEqual([expect.objectContaining({ TableName: 'jobs', timeToLive: 'expires_at' })]);
  });
});

const take = {
  actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  resource: queueArn,
};
const mapping: Resources = {
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { FunctionName: { Ref: 'Worker' }, EventSourceArn: queueArn, BatchSize: 1 },
  },
};
const url: Resources = {
  Url: {
    Type: 'AWS::Lambda::Url',
    Properties: { TargetFunctionArn: { 'Fn::GetAtt': ['Worker', 'Arn'] }, AuthType: 'NONE' },
  },
};
const permission = (Properties: Readonly<Record<string, unknown>>) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: { FunctionName: { 'Fn::GetAtt': ['Worker', 'Arn'] }, Principal: '*', ...Properties },
});
const rule = (Arn: unknown): Resources => ({
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Name: 'ended',
      EventPattern: { source: ['aws.ec2'] },
      Targets: [{ Id: 'it', Arn }],
    },
  },
});

describe('a missing grant', () => {
  it.each<[string, Resources, string]>([
    [
      'to take messages',
      { ...queue, ...functionResources(), ...mapping },
      'may not sqs:ReceiveMessage on arn:aws:sqs:us-east-1:000000000000:builds',
    ],
    [
      'to call the URL',
      {
        ...functionResources(),
        ...url,
        A: permission({ Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' }),
      },
      'does not let anyone lambda:InvokeFunction ',
    ],
    [
      'on the queue of a rule',
      { ...queue, ...rule(queueArn) },
      'does not let events.amazonaws.com sqs:SendMessage',
    ],
    [
      'on the function of a rule',
      { ...functionResources(), ...rule({ 'Fn::GetAtt': ['Worker', 'Arn'] }) },
      'does not let events.amazonaws.com lambda:InvokeFunction',
    ],
    [
      'by a managed policy of unknown content',
      {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonEC2FullAccess'] },
        },
      },
      'AmazonEC2FullAccess is not known by content',
    ],
  ])('%s is an error when the template is loaded', async (_, resources, message) => {
    const { load } = givenStack(resources);
    await expect(load()).rejects.toThrow(message);
  });
});

describe('a queue that shows a message again before its function may have finished', () => {
  it('cannot trigger a function', async () => {
    const slow = functionResources([take], { Timeout: 31 });
    const { load } = givenStack({ ...queue, ...slow, ...mapping });
    await expect(load()).rejects.toThrow(
      'Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds',
    );
  });
});

describe('the variables of a function', () => {
  // {"TEXT":"\"…"}: eleven bytes, and two for each quote.
  it.each([
    [2042, undefined],
    [2043, 'The environment has 4097 bytes as JSON; Lambda allows 4096'],
  ])('are measured as JSON, where each of %i quotes takes two bytes', async (quotes, message) => {
    const Variables = { TEXT: '"'.repeat(quotes) };
    const { load } = givenStack(functionResources([], { Environment: { Variables } }));
    const failure = await load().then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).toEqual(message && expect.stringContaining(message));
  });
});

describe('what a template describes', () => {
  it('runs: a queue triggers a function with its environment', async () => {
    const resources = {
      ...queue,
      ...functionResources([take], { Environment: { Variables: { QUEUE: queueArn } } }),
      ...mapping,
    };
    const bundle =
      'export const handler = async ({ Records }) => console.log(process.env.QUEUE, Records[0].body);';
    const { load, queues, lines } = givenStack(resources, bundle);
    await load();
    const arn = 'arn:aws:sqs:us-east-1:000000000000:builds';
    await queues.send(arn, { body: 'job 1' });
    await eventually(() => lines.includes(`${arn} job 1`) && queues.hidden.length === 0);
    expect(queues.visible.get(arn)).toEqual([]);
  });

  it('answers at a URL that the template creates', async () => {
    const { load, cloud } = givenStack(
      {
        ...functionResources(),
        ...url,
        A: permission({ Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' }),
        B: permission({ Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true }),
      },
      'export const handler = async (event) => ({ statusCode: 201, body: event.rawPath });',
    );
    const { resources } = await load();
    const opened = resources.find(({ type }) => type === 'AWS::Lambda::Url')?.attributes['FunctionUrl'];
    const response = await fetch(`${opened}claim`);
    expect([response.status, await response.text(), cloud.functions.names]).toEqual([
      201,
      '/claim',
      ['worker'],
    ]);
  });

  it("reaches a rule's queue, if the queue's policy allows it", async () => {
    const policy = {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'Queue' }],
        PolicyDocument: {
          Statement: {
            Effect: 'Allow',
            Action: 'sqs:SendMessage',
            Resource: queueArn,
            Principal: { Service: 'events.amazonaws.com' },
            Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:us-east-1:000000000000:rule/ended' } },
          },
        },
      },
    };
    const { load, cloud, queues } = givenStack({ ...queue, policy, ...rule(queueArn) });
    await load();
    await cloud.events.putEvent({ source: 'aws.ec2', 'detail-type': 'x', detail: { state: 'terminated' } });
    const [message] = queues.visible.get('arn:aws:sqs:us-east-1:000000000000:builds') ?? [];
    expect(JSON.parse(message?.body ?? '{}')).toMatchObject({ detail: { state: 'terminated' } });
  });

  it('retries a failing asynchronous event as often as configured', async () => {
    const resources = {
      ...functionResources(),
      Invoke: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: { Ref: 'Worker' }, Qualifier: '$LATEST', MaximumRetryAttempts: 1 },
      },
    };
    const { load, cloud, lines } = givenStack(
      resources,
      "export const handler = async () => { throw new Error('no'); };",
    );
    await load();
    void cloud.functions.invokeLater('worker', {});
    await eventually(() => lines.includes('Gave up an asynchronous event after 2 attempts.'));
    expect(cloud.functions.usage().get('worker')).toMatchObject({ invocations: 2, failures: 2 });
  });

  it('gives up an asynchronous event that would be repeated after its time', async () => {
    const { load, cloud, lines } = givenStack(
      functionResources(),
      "export const handler = async () => { throw new Error('no'); };",
    );
    await load();
    cloud.functions.setRepeats('worker', { withinMilliseconds: 10 });
    void cloud.functions.invokeLater('worker', {});
    await eventually(() => lines.includes('Gave up an asynchronous event after 1 attempts.'));
  });
});
