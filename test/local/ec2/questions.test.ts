/** What IAM is asked before an EC2 call. */
import { CreateFleetCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { givenCall, givenEc2, givenFleet } from './given.ts';

let world: Awaited<ReturnType<typeof givenEc2>>;
beforeEach(async () => {
  world = await givenEc2();
});
afterEach(() => world.close());

const ask = (action: string, input: Record<string, string>) => world.ec2.questions(givenCall(input, action));
const own = 'arn:aws:ec2:us-east-1:123456789012';
const spotRole =
  'arn:aws:iam::123456789012:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot';

const fleet = (change: Record<string, string> = {}) =>
  ask('CreateFleet', {
    Action: 'CreateFleet',
    Type: 'instant',
    'TargetCapacitySpecification.TotalTargetCapacity': '1',
    'TargetCapacitySpecification.DefaultTargetCapacityType': 'spot',
    'LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName': 'test-small',
    'LaunchTemplateConfigs.1.Overrides.1.InstanceType': 't3.medium',
    'LaunchTemplateConfigs.1.Overrides.1.SubnetId': 'subnet-a',
    'LaunchTemplateConfigs.1.Overrides.2.InstanceType': 'm5.large',
    'LaunchTemplateConfigs.1.Overrides.2.SubnetId': 'subnet-b',
    'TagSpecification.1.ResourceType': 'instance',
    'TagSpecification.1.Tag.1.Key': 'ghr:Tenant_id',
    'TagSpecification.1.Tag.1.Value': '42',
    ...change,
  });

describe('CreateFleet', () => {
  it('asks for the fleet, for every resource that takes part, and for tagging', () => {
    const template = world.ec2.defineLaunchTemplate({ name: 'other', data: {} });
    const [mine] = fleet().flatMap(({ resource }) => resource.match(/launch-template\/(lt-.+)/)?.[1] ?? []);
    expect(mine).not.toBe(template.launchTemplateId);

    const parts = [
      `${own}:instance/*`,
      `${own}:volume/*`,
      `${own}:network-interface/*`,
      `${own}:spot-instances-request/*`,
      `${own}:subnet/subnet-a`,
      `${own}:launch-template/${mine}`,
      'arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0',
      `${own}:security-group/sg-1`,
      `${own}:subnet/subnet-b`,
    ];
    expect(fleet().map(({ action, resource }) => [action, resource])).toEqual([
      ['ec2:CreateFleet', `${own}:fleet/*`],
      ...parts.map((part) => ['ec2:CreateFleet', part]),
      ...parts.map((part) => ['ec2:RunInstances', part]),
      ['ec2:CreateTags', `${own}:instance/*`],
      ['iam:CreateServiceLinkedRole', spotRole],
    ]);
  });

  it('shows the tags of what is tagged, and of nothing else', () => {
    const tagged = fleet().filter(({ context }) => 'aws:requesttag/ghr:tenant_id' in context);

    expect(tagged.map(({ action }) => action)).toEqual([
      'ec2:CreateFleet',
      'ec2:RunInstances',
      'ec2:CreateTags',
    ]);
    expect(tagged[2]?.context).toEqual({
      'ec2:region': 'us-east-1',
      'ec2:createaction': 'CreateFleet',
      'aws:tagkeys': ['ghr:Tenant_id'],
      'aws:requesttag/ghr:tenant_id': '42',
    });
  });

  it('shows the tags of the template, for the template alone', () => {
    const tags = new Map([['ghr:environment', 'my-saas']]);
    world.ec2.defineLaunchTemplate({ name: 'tagged', data: {}, tags });
    const template = 'LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName';

    const shown = fleet({ [template]: 'tagged' }).filter(
      ({ context }) => context?.['ec2:resourcetag/ghr:environment'] === 'my-saas',
    );

    const resources = new Set(shown.map(({ resource }) => resource));
    expect([...resources]).toEqual([expect.stringContaining(':launch-template/lt-')]);
  });

  it('shows how the machines would be launched', () => {
    const context = fleet()[1]?.context;

    expect(context).toMatchObject({
      'ec2:instancetype': ['t3.medium', 'm5.large'],
      'ec2:instancemarkettype': 'spot',
      'ec2:metadatahttptokens': 'required',
      'ec2:launchtemplate': [expect.stringMatching(`^${own}:launch-template/lt-`)],
    });
  });

  it.each([
    ['/aws/service/ami/x', 'arn:aws:ssm:us-east-1::parameter/aws/service/ami/x'],
    ['/own/image:3', 'arn:aws:ssm:us-east-1:123456789012:parameter/own/image'],
  ])('asks for the parameter %s that the image is looked up in', (name, resource) => {
    world.ec2.defineLaunchTemplate({ name: 'looked-up', data: { ImageId: `resolve:ssm:${name}` } });
    const template = 'LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName';

    const asked = fleet({ [template]: 'looked-up' }).filter(({ action }) => action.startsWith('ssm:'));

    expect(asked).toEqual([
      { action: 'ssm:GetParameters', resource, context: { 'ec2:region': 'us-east-1' } },
    ]);
  });

  it("asks for the account's role for spot until there is a spot machine, and never for others", async () => {
    const asked = (market: string) =>
      fleet({ 'TargetCapacitySpecification.DefaultTargetCapacityType': market })
        .filter(({ action }) => action.startsWith('iam:'))
        .map(({ action, resource, context }) => [action, resource, context]);
    const question = [
      'iam:CreateServiceLinkedRole',
      spotRole,
      { 'iam:awsservicename': 'spot.amazonaws.com' },
    ];
    expect([asked('spot'), asked('on-demand')]).toEqual([[question], []]);
    const capacity = { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' as const };
    await world.client.send(
      new CreateFleetCommand({ ...givenFleet(), TargetCapacitySpecification: capacity }),
    );
    expect(asked('spot')).toEqual([]);
  });

  it('asks whether the role of the instance profile may be passed', () => {
    const Arn = world.ec2.defineInstanceProfile({ name: 'reader', role: 'cache-reader' });
    world.ec2.defineLaunchTemplate({ name: 'with-role', data: { IamInstanceProfile: { Arn } } });
    const template = 'LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName';

    const asked = fleet({ [template]: 'with-role' }).filter(({ action }) => action === 'iam:PassRole');

    expect(asked).toEqual([
      {
        action: 'iam:PassRole',
        resource: 'arn:aws:iam::123456789012:role/cache-reader',
        context: { 'iam:passedtoservice': 'ec2.amazonaws.com' },
      },
    ]);
    const unknown = { IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/none' } };
    expect(() => world.ec2.defineLaunchTemplate({ name: 'odd', data: unknown })).toThrow(
      /one that exists here/,
    );
  });

  it('refuses a request that it cannot read before anybody is asked', () => {
    expect(() => fleet({ Type: 'maintain' })).toThrow(/type instant only/);
    expect(() => fleet({ 'LaunchTemplateConfigs.1.Overrides.1.MaxPrice': '1' })).toThrow(/MaxPrice/);
  });
});

it('asks TerminateInstances for each machine, with its tags', async () => {
  await world.client.send(new CreateFleetCommand(givenFleet()));
  const id = world.ec2.instances()[0]?.instanceId as string;

  const questions = ask('TerminateInstances', { 'InstanceId.1': id, 'InstanceId.2': 'i-unknown' });

  expect(questions.map(({ resource }) => resource)).toEqual([
    `${own}:instance/${id}`,
    `${own}:instance/i-unknown`,
  ]);
  expect(questions[0]?.context).toMatchObject({
    'aws:resourcetag/ghr:tenant_id': '42',
    'ec2:resourcetag/ghr:tenant_id': '42',
  });
  expect(questions[1]?.context).toEqual({ 'ec2:region': 'us-east-1' });
});

it('asks DescribeInstances for everything, since it cannot be narrowed', () => {
  expect(ask('DescribeInstances', {})).toEqual([
    { action: 'ec2:DescribeInstances', resource: '*', context: { 'ec2:region': 'us-east-1' } },
  ]);
});
