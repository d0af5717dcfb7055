/** The platform as a construct: what an app gets from it, what it may leave out, and what is told at once when it is wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { GatewayVpcEndpointAwsService, type IVpc, SubnetType, Vpc, type VpcProps } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { App, CfnParameter, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { defaultTiers } from '../../lib/config/defaults.ts';
import { Mayfly, type MayflyProps } from '../../lib/index.ts';
import { defaultConfig, thirtyTiers } from '../config/configurations.ts';
import { markedRows } from '../docs/markdown.ts';
import { synthesized } from '../stacks/assembly.ts';

const outdir = mkdtempSync(join(tmpdir(), 'mayfly-library-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const givenApp = () => new App({ outdir: mkdtempSync(join(outdir, 'app-')) });

function givenStack(region = 'us-east-1') {
  return new Stack(givenApp(), 'Platform', { env: { region } });
}

function givenMayfly(props: Partial<MayflyProps> = {}) {
  const stack = givenStack();
  return { stack, mayfly: new Mayfly(stack, 'Runners', { environment: 'ci', ...props }) };
}

const plain = givenMayfly();

const templateOf = (stack: Stack) => Template.fromStack(stack);

describe('the construct', () => {
  it('needs a name for the environment and nothing else', () => {
    const { stack, mayfly } = plain;

    const template = templateOf(stack);
    for (const suffix of ['tenants', 'jobs', 'launches', 'runners', 'notes'])
      template.hasResourceProperties('AWS::DynamoDB::Table', { TableName: `ci-${suffix}` });
    for (const name of Object.keys(mayfly.functions))
      template.hasResourceProperties('AWS::Lambda::Function', { FunctionName: `ci-${name}` });
    expect([...mayfly.queues.keys()]).toEqual(['small', 'medium', 'large']);
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'ci' });
    expect(mayfly.alarms.length).toBeGreaterThan(10);
  });

  it('has the tiers of this repository by default', () => {
    expect(defaultTiers).toEqual(defaultConfig.tiers);
  });

  it('speaks to a topic that the app has at hand, and makes and tags none of its own then', () => {
    const stack = givenStack();
    const alarmTopic = new Topic(stack, 'Pager');

    const mayfly = new Mayfly(stack, 'Runners', { environment: 'ci', alarmTopic });

    expect(mayfly.alarmTopic).toBe(alarmTopic);
    templateOf(stack).resourceCountIs('AWS::SNS::Topic', 1);
    templateOf(stack).hasResourceProperties('AWS::SNS::Topic', { Tags: Match.absent() });
    templateOf(stack).allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [stack.resolve(alarmTopic.topicArn)],
    });
  });

  it('leaves alarms, dashboard and queries out if configured so', () => {
    const { stack, mayfly } = givenMayfly({ observability: false });

    expect([mayfly.alarms, mayfly.dashboard, mayfly.alarmTopic]).toEqual([[], undefined, undefined]);
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::Logs::QueryDefinition'])
      templateOf(stack).resourceCountIs(type, 0);
  });

  it('makes machine images if configured so', () => {
    const template = templateOf(givenMayfly({ machineImages: {} }).stack);

    template.resourceCountIs('AWS::ImageBuilder::ImagePipeline', 1);
    template.hasResourceProperties('AWS::SSM::Parameter', { Name: '/imagebuilder/ci/linux-x64' });
    templateOf(plain.stack).resourceCountIs('AWS::ImageBuilder::ImagePipeline', 0);
  });

  it('tags what is its own with the environment', () => {
    const tags = [{ Key: 'ghr:environment', Value: 'ci' }];
    for (const type of [
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::Lambda::Function',
      'AWS::DynamoDB::Table',
    ])
      templateOf(plain.stack).allResourcesProperties(type, { Tags: Match.arrayWith(tags) });
  });

  it('keeps tables and secrets when its stack goes', () => {
    const { stack } = plain;
    for (const type of ['AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret'])
      templateOf(stack).allResources(type, {
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
  });

  it('is tied to its machines if something of the app lets them in', () => {
    const { mayfly } = plain;
    expect(mayfly.connections.securityGroups).toEqual([mayfly.securityGroup]);
  });
});

describe('the resources', () => {
  it("are those of this repository's own stacks, put into one", () => {
    const app = synthesized(defaultConfig);
    const own = countByType(app.resources().map(({ Type }) => Type));
    app.dispose();
    const { region: _, ...props } = defaultConfig;
    const { stack } = givenMayfly(props);

    const resources = Object.values(templateOf(stack).toJSON().Resources as Record<string, NamedResource>);
    expect(countByType(resources.map(({ Type }) => Type))).toEqual(own);
  });
});

const countByType = (types: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(types, (type) => type)].map(([type, all]) => [type, all.length]));

describe('docs/CDK.md', () => {
  it('lists all that the construct has, and nothing else', () => {
    const listed = markedRows('docs/CDK.md', 'construct').flatMap(
      ([names]) => names!.match(/\b[a-z]+[A-Za-z]*\b/g)!,
    );
    const words = new Set(['by', 'tier', 'name']);

    const has = [...Object.keys(plain.mayfly), ...Object.getOwnPropertyNames(Mayfly.prototype)];
    const inherited = ['node', 'constructor', ...Object.keys(new Construct(givenStack(), 'Plain'))];
    expect(listed.filter((name) => !words.has(name)).sort()).toEqual(
      has.filter((name) => !inherited.includes(name) && name !== 'environment').sort(),
    );
  });
});

describe("a VPC of the app's own", () => {
  const subnetsOf = (stack: Stack) => {
    const functions = templateOf(stack).findResources('AWS::Lambda::Function', {
      Properties: { FunctionName: 'ci-scale-up' },
    });
    return JSON.stringify(Object.values(functions)[0]!.Properties.Environment.Variables.SUBNETS);
  };

  function givenVpc(vpcProps: VpcProps, props: Partial<MayflyProps> = {}) {
    const stack = givenStack();
    const vpc: IVpc = new Vpc(stack, 'Net', {
      restrictDefaultSecurityGroup: false,
      maxAzs: 2,
      ...vpcProps,
    }) as IVpc;
    const build = () =>
      new Mayfly(stack, 'Runners', {
        environment: 'ci',
        observability: false,
        vpc,
        ...props,
      });
    return { stack, vpc, build };
  }

  it('has the machines in its private subnets, and keeps its network ACLs', () => {
    const { stack, build } = givenVpc({});
    build();

    templateOf(stack).resourceCountIs('AWS::EC2::VPC', 1);
    templateOf(stack).resourceCountIs('AWS::EC2::NetworkAcl', 0);
    expect(subnetsOf(stack).match(/NetPrivateSubnet\dSubnet/g)).toHaveLength(2);
  });

  it('has them in its public subnets if it has no others', () => {
    const { stack, build } = givenVpc({ natGateways: 0, subnetConfiguration: [publicSubnets] });
    build();
    expect(subnetsOf(stack).match(/NetpublicSubnet\dSubnet/g)).toHaveLength(2);
  });

  it('must have a way to the internet, and takes no settings of a network that is made', () => {
    const { build } = givenVpc(
      { natGateways: 0, subnetConfiguration: [publicSubnets, isolatedSubnets] },
      { vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, network: { zones: 3 } },
    );
    expect(build).toThrow(
      /network has zones in addition to vpc(.|\n)*vpcSubnets includes .*isolatedSubnet1.*no route to the internet/,
    );
  });

  it.each([
    ['has isolated subnets only', {}, 'vpc has no public subnets, nor private ones with egress'],
    [
      'has none of the chosen subnets',
      { vpcSubnets: { subnetGroupName: 'workers' } },
      'vpcSubnets selects no subnets of vpc: .*workers',
    ],
  ])('that %s is a fault like any other', (_what, props, words) => {
    const { build } = givenVpc(
      { natGateways: 0, subnetConfiguration: [isolatedSubnets] },
      { ...props, defaultTier: 'tiny' },
    );
    expect(build).toThrow(new RegExp(`(?=[^]*defaultTier is "tiny")[^]*${words}`));
  });

  it('must have subnets that are known at synth, one by one', () => {
    const stack = givenStack();
    const publicSubnetIds = new CfnParameter(stack, 'Subnets', { type: 'List<AWS::EC2::Subnet::Id>' })
      .valueAsList;
    const availabilityZones = ['us-east-1a'];
    const vpc = Vpc.fromVpcAttributes(stack, 'Net', { vpcId: 'vpc-1', availabilityZones, publicSubnetIds });
    expect(() => new Mayfly(stack, 'Runners', { environment: 'ci', vpc })).toThrow(
      /vpc has a list of subnets that only the deploy knows; .* Vpc\.fromLookup\(\)/,
    );
  });

  it('lets machines read the runner program through its endpoint for S3', () => {
    const { stack, vpc } = givenVpc({});
    const s3Endpoint = vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    new Mayfly(stack, 'Runners', { environment: 'ci', observability: false, vpc, s3Endpoint });

    const policies = JSON.stringify(templateOf(stack).findResources('AWS::S3::BucketPolicy'));
    expect(policies).toContain(
      `{"aws:SourceVpce":${JSON.stringify(stack.resolve(s3Endpoint.vpcEndpointId))}}`,
    );
  });

  it('is needed if subnets are chosen', () => {
    expect(() => givenMayfly({ vpcSubnets: {} })).toThrow('vpcSubnets is given without vpc');
  });
});

const publicSubnets = { name: 'public', subnetType: SubnetType.PUBLIC };
const isolatedSubnets = { name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED };

describe('what an account asks for', () => {
  it('is a key of the app on all that is kept, with a policy for services that use it in no name', () => {
    const stack = givenStack();
    const encryptionKey = new Key(stack, 'Key');
    new Mayfly(stack, 'Runners', { environment: 'ci', encryptionKey });

    const arn = stack.resolve(encryptionKey.keyArn);
    const template = templateOf(stack);
    template.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: arn });
    template.allResourcesProperties('AWS::SecretsManager::Secret', { KmsKeyId: arn });
    template.allResourcesProperties('AWS::DynamoDB::Table', { SSESpecification: { KMSMasterKeyId: arn } });
    const policy = JSON.stringify(template.findResources('AWS::KMS::Key'));
    for (const service of ['logs.us-east-1', 'events', 'cloudwatch'])
      expect(policy).toContain(`${service}.amazonaws.com`);
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('AWSServiceRoleForEC2Spot'));
  });

  it('warns of spot machines, whose role the policy of a key cannot name before it exists', () => {
    const stack = givenStack();
    const tiers = { small: { ...defaultTiers.small, spot: true } };
    new Mayfly(stack, 'Runners', { environment: 'ci', tiers, encryptionKey: new Key(stack, 'Key') });
    Annotations.fromStack(stack).hasWarning(
      '/Platform/Runners',
      Match.stringLikeRegexp('AWSServiceRoleForEC2Spot'),
    );
  });

  it('is one key, not two', () => {
    const kmsKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const stack = givenStack();
    const build = () =>
      new Mayfly(stack, 'Runners', { environment: 'ci', kmsKeyArn, encryptionKey: new Key(stack, 'Key') });
    expect(build).toThrow('encryptionKey and kmsKeyArn are both given');
  });

  it('is a key in the region of the stack', () => {
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const stack = givenStack();
    const encryptionKey = Key.fromKeyArn(stack, 'Key', arn);
    expect(() => new Mayfly(stack, 'Runners', { environment: 'ci', encryptionKey })).toThrow(
      'encryptionKey is in eu-west-1; it must be in the region of the stack, us-east-1.',
    );
  });

  it('is a bound on all roles of the construct', () => {
    const permissionsBoundaryArn = 'arn:aws:iam::111122223333:policy/boundary';
    const { stack } = givenMayfly({ permissionsBoundaryArn });
    templateOf(stack).allResourcesProperties('AWS::IAM::Role', {
      PermissionsBoundary: permissionsBoundaryArn,
    });
  });
});

describe('two environments', () => {
  it('stand in one stack without a name in common', () => {
    const { stack } = givenMayfly();
    new Mayfly(stack, 'Staging', { environment: 'ci-staging' });

    const template = templateOf(stack);
    const names = Object.values(template.toJSON().Resources as Record<string, NamedResource>).flatMap(
      ({ Type, Properties = {} }) =>
        nameProperties.flatMap((name) =>
          typeof Properties[name] === 'string' ? [`${Type} ${Properties[name]}`] : [],
        ),
    );
    expect(names.length).toBeGreaterThan(100);
    expect(new Set(names).size).toBe(names.length);
  });

  it('must not have one name in one account and region', () => {
    const { stack } = givenMayfly();
    const other = new Stack(stack.node.root as App, 'Other', { env: { region: 'us-east-1' } });

    expect(() => new Mayfly(other, 'Again', { environment: 'ci' })).toThrow(
      'environment is "ci", which Mayfly at Platform/Runners has in the same account and region; ' +
        'give Other/Again another one.',
    );
  });

  it('may have one name in two regions', () => {
    const { stack } = givenMayfly();
    const other = new Stack(stack.node.root as App, 'Other', { env: { region: 'eu-west-1' } });
    expect(() => new Mayfly(other, 'Again', { environment: 'ci' })).not.toThrow();
  });
});

interface NamedResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const nameProperties = [
  'FunctionName',
  'QueueName',
  'TableName',
  'LaunchTemplateName',
  'LogGroupName',
  'Name',
  'AlarmName',
  'DashboardName',
  'TopicName',
];

describe('faults in the props', () => {
  it('are all reported at once, each with its place', () => {
    const faulty = {
      environment: 'My CI',
      onboarding: 'maybe',
      limits: { bootSeconds: 0 },
      tier: {},
    };

    const build = () => new Mayfly(givenStack(), 'Runners', faulty as unknown as MayflyProps);

    expect(build).toThrow(
      /^The configuration has 4 errors\. Correct the props of Mayfly at Platform\/Runners:/,
    );
    for (const said of [
      /environment is "My CI"/,
      /onboarding is "maybe"/,
      /bootSeconds is 0/,
      /no setting "tier"/,
    ])
      expect(build).toThrow(said);
  });

  it('count a region that is not given', () => {
    const stack = new Stack(givenApp(), 'Anywhere');
    expect(() => new Mayfly(stack, 'Runners', { environment: 'ci' })).toThrow(
      'The stack Anywhere does not know its region; give it env.region, or set region here.',
    );
    expect(() => new Mayfly(stack, 'Others', { environment: 'ci', region: 'eu-west-1' })).not.toThrow();
  });

  it('count a region that is not that of the stack', () => {
    expect(() => givenMayfly({ region: 'eu-west-1' })).toThrow(
      'region is "eu-west-1"; it must be that of the stack Platform, "us-east-1", or left out.',
    );
  });

  it('do not count what is there but undefined', () => {
    const build = () => givenMayfly({ tiers: undefined, limits: { bootSeconds: undefined } } as never);
    expect(build).not.toThrow();
  });
});

describe('thirty tiers in one stack', () => {
  it("stay under 80% of CloudFormation's resources, and 70% of its bytes", () => {
    const { tiers } = thirtyTiers;
    const { stack } = givenMayfly({ tiers });

    const template = templateOf(stack).toJSON();
    expect(Object.keys(template.Resources).length).toBeLessThan(0.8 * 500);
    expect(JSON.stringify(template).length).toBeLessThan(0.7 * 1_000_000);
  });
});
