/** Which permissions an EC2 call needs. */
import { CreateFleetCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
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

    const parts = (subnet: string) => [
      `${own}:instance/*`,
      `${own}:volume/*`,
      `${own}:network-interface/*`,
      `${own}:spot-instances-request/*`,
      `${own}:subnet/${subnet}`,
      `${own}:launch-template/${mine}`,
      'arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0',
      `${own}:security-group/sg-1`,
    ];
    const both = ['ec2:CreateFleet', 'ec2:RunInstances'].flatMap((action) => [
      ...parts('subnet-a').map((part) => [action, part]),
      // Asked again only for what the second pool changes.
      ...[`${own}:instance/*`, `${own}:subnet/subnet-b`].map((part) => [action, part]),
    ]);
    expect(fleet().map(({ action, resource }) => [action, resource])).toEqual([
      ['ec2:CreateFleet', `${own}:fleet/*`],
      ...both,
      ['ec2:CreateTags', `${own}:instance/*`],
      ['iam:CreateServiceLinkedRole', spotRole],
    ]);
  });

  it('includes the tags of tagged resources, and no others', () => {
    const tagged = fleet().filter(({ context }) => 'aws:requesttag/ghr:tenant_id' in context);

    expect(tagged.map(({ action, resource }) => [action, resource])).toEqual(
      ['CreateFleet', 'CreateFleet', 'RunInstances', 'RunInstances', 'CreateTags'].map((action) => [
        `ec2:${action}`,
        `${own}:instance/*`,
      ]),
    );
    expect(tagged.at(-1)?.context).toEqual({
      'ec2:region': 'us-east-1',
      'ec2:createaction': 'CreateFleet',
      'aws:tagkeys': ['ghr:Tenant_id'],
      'aws:requesttag/ghr:tenant_id': '42',
    });
  });

  it("includes the template's tags for the template alone", () => {
    const tags = new Map([['ghr:environment', 'my-saas']]);
    world.ec2.defineLaunchTemplate({ name: 'tagged', data: {}, tags });
    const template = 'LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName';

    const shown = fleet({ [template]: 'tagged' }).filter(
      ({ context }) => context?.['ec2:resourcetag/ghr:environment'] === 'my-saas',
    );

    const resources = new Set(shown.map(({ resource }) => resource));
    expect([...resources]).toEqual([expect.stringContaining(':launch-template/lt-')]);
  });

  const contextOf = (questions: ReturnType<typeof fleet>, action: string, part: string) =>
    questions
      .filter((question) => question.action === action && question.resource.includes(part))
      .map(({ context }) => context);

  it('includes how the machines would be launched, for each pool', () => {
    const [small, large] = contextOf(fleet(), 'ec2:RunInstances', ':instance/');

    expect(small).toMatchObject({
      'ec2:instancetype': 't3.medium',
      'ec2:instancemarkettype': 'spot',
      'ec2:metadatahttptokens': 'required',
      'ec2:launchtemplate': expect.stringMatching(`^${own}:launch-template/lt-`),
    });
    expect(large).toMatchObject({ 'ec2:instancetype': 'm5.large' });
  });

  it.each([
    [':image/', 'true'],
    [':security-group/', 'true'],
    [':instance/', 'true'],
    [':volume/', 'true'],
    // The template names no subnet; the request does.
    [':subnet/', 'false'],
    [':network-interface/', 'false'],
  ])('states for %s whether it comes from the template: %s', (part, comes) => {
    const [context] = contextOf(fleet(), 'ec2:RunInstances', part);
    expect(context?.['ec2:islaunchtemplateresource']).toBe(comes);
  });

  it('includes no key that EC2 does not provide for the resource', () => {
    expect(contextOf(fleet(), 'ec2:RunInstances', 'spot-instances-request')).toEqual([
      { 'ec2:region': 'us-east-1' },
    ]);
    const [creating] = contextOf(fleet(), 'ec2:CreateFleet', ':instance/');
    expect(creating).not.toHaveProperty('ec2:launchtemplate');
    expect(creating).toMatchObject({ 'ec2:instancetype': 't3.medium' });
  });

  it('states for an image in the request that it is not from the template', () => {
    const foreign = 'ami-0fffffffffffffff0';
    const asked = fleet({ 'LaunchTemplateConfigs.1.Overrides.1.ImageId': foreign });

    const images = asked.filter(
      ({ action, resource }) => action === 'ec2:RunInstances' && /image/.test(resource),
    );
    const comes = images.map(({ resource, context }) => [
      resource.split('/')[1],
      context?.['ec2:islaunchtemplateresource'],
    ]);
    expect(comes).toEqual([
      [foreign, 'false'],
      ['ami-0123456789abcdef0', 'true'],
    ]);
  });

  it.each([
    ['/aws/service/ami/x', 'arn:aws:ssm:us-east-1::parameter/aws/service/ami/x'],
    ['/own/image:3', 'arn:aws:ssm:us-east-1:123456789012:parameter/own/image'],
  ])('asks for the parameter %s that names the image', (name, resource) => {
    world.ec2.defineParameter({ name: '/own/image', dataType: 'aws:ec2:image' });
    world.ec2.defineLaunchTemplate({ name: 'looked-up', data: { ImageId: `resolve:ssm:${name}` } });
    const template = 'LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName';

    const asked = fleet({ [template]: 'looked-up' }).filter(({ action }) => action.startsWith('ssm:'));

    expect(asked).toEqual([
      { action: 'ssm:GetParameters', resource, context: { 'ec2:region': 'us-east-1' } },
    ]);
  });

  it("asks for EC2's service-linked spot role until there is a spot machine, and never for others", async () => {
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

  it('refuses a template whose parameter does not exist yet, or holds no image', () => {
    const data = { ImageId: 'resolve:ssm:/images/own:3' };
    const define = () => world.ec2.defineLaunchTemplate({ name: 'early', data });
    expect(define).toThrow(/\/images\/own, which does not exist yet/);
    world.ec2.defineParameter({ name: '/images/own', dataType: 'text' });
    expect(define).toThrow(/data type is text; it must be aws:ec2:image/);
    world.ec2.defineParameter({ name: '/images/own', dataType: 'aws:ec2:image' });
    expect(define).not.toThrow();
  });

  it('refuses an unreadable request before checking permissions', () => {
    expect(() => fleet({ Type: 'maintain' })).toThrow(/type instant only/);
    expect(() => fleet({ 'LaunchTemplateConfigs.1.Overrides.1.MaxPrice': '1' })).toThrow(/MaxPrice/);
  });
});

describe('RunInstances', () => {
  const run = (change: Record<string, string> = {}) =>
    ask('RunInstances', {
      Action: 'RunInstances',
      MinCount: '1',
      MaxCount: '1',
      SubnetId: 'subnet-a',
      ...change,
    });
  const contextOf = (questions: ReturnType<typeof run>, part: string) =>
    questions.find(({ resource }) => resource.includes(part))?.context;

  it('includes what the request overrides in the template', () => {
    const asked = run({
      'LaunchTemplate.LaunchTemplateName': 'test-small',
      InstanceType: 'p5.48xlarge',
      'MetadataOptions.HttpTokens': 'optional',
      'SecurityGroupId.1': 'sg-9',
      'BlockDeviceMapping.1.DeviceName': '/dev/sda1',
    });
    expect(contextOf(asked, ':instance/')).toMatchObject({
      'ec2:instancetype': 'p5.48xlarge',
      'ec2:metadatahttptokens': 'optional',
    });
    for (const part of [':security-group/sg-9', ':volume/'])
      expect(contextOf(asked, part)).toMatchObject({ 'ec2:islaunchtemplateresource': 'false' });
  });

  it('includes no template if there is none', () => {
    const context = contextOf(run({ ImageId: 'ami-0123456789abcdef0' }), ':image/');
    expect(context).toEqual({ 'ec2:region': 'us-east-1', 'ec2:islaunchtemplateresource': 'false' });
  });

  it('is answered only as a dry run', async () => {
    const input = { MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateName: 'test-small' } };
    const trying = world.client.send(new RunInstancesCommand({ ...input, DryRun: true }));
    await expect(trying).rejects.toMatchObject({ name: 'DryRunOperation' });
    await expect(world.client.send(new RunInstancesCommand(input))).rejects.toThrow(/CreateFleet does/);
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

it('includes no tags of a machine that EC2 does not show', async () => {
  await world.client.send(new CreateFleetCommand(givenFleet()));
  const id = world.ec2.instances()[0]?.instanceId as string;
  world.ec2.setDials({ lagMilliseconds: 3_600_000 });
  const [question] = ask('TerminateInstances', { 'InstanceId.1': id });
  expect(question?.context).toEqual({ 'ec2:region': 'us-east-1' });
});

it('asks for DescribeInstances on all resources, since it cannot be restricted', () => {
  expect(ask('DescribeInstances', {})).toEqual([
    { action: 'ec2:DescribeInstances', resource: '*', context: { 'ec2:region': 'us-east-1' } },
  ]);
});
