/** The EC2 stand-in's calls, made with the real client. */
import {
  CreateFleetCommand,
  CreateTagsCommand,
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, givenEc2, givenFleet, givenTemplateData } from './given.ts';

let world: Awaited<ReturnType<typeof givenEc2>>;
beforeEach(async () => {
  world = await givenEc2();
  // Long enough that no machine boots while a test is about calls alone.
  world.ec2.setDials({ bootMilliseconds: 60_000 });
});
afterEach(() => world.close());

const launch = (change: Parameters<typeof givenFleet>[0] = {}) =>
  world.client.send(new CreateFleetCommand(givenFleet(change)));
const idsOf = (answer: Awaited<ReturnType<typeof launch>>) =>
  (answer.Instances ?? []).flatMap((instances) => instances.InstanceIds ?? []);
const describeBy = async (name: string, ...values: string[]) => {
  const filter = { Name: name, Values: values };
  const { Reservations } = await world.client.send(new DescribeInstancesCommand({ Filters: [filter] }));
  return (Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
};

describe('CreateFleet', () => {
  it('launches what was requested, tagged, in the first pool', async () => {
    const answer = await launch({ machines: 2 });

    expect(answer.Errors).toEqual([]);
    expect(answer.Instances).toMatchObject([
      {
        InstanceType: 't3.medium',
        Lifecycle: 'on-demand',
        AvailabilityZone: 'us-east-1a',
        SubnetId: 'subnet-a',
      },
    ]);
    const machines = await describeBy('instance-id', ...idsOf(answer));
    expect(machines).toHaveLength(2);
    expect(machines[0]?.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'ghr:tenant_id', Value: '42' },
        { Key: 'aws:ec2launchtemplate:version', Value: '1' },
      ]),
    );
    expect(machines[0]).toMatchObject({ State: { Name: 'pending', Code: 0 }, Architecture: 'x86_64' });
  });

  it('starts as many as there is room for, and says for each pool why no more', async () => {
    world.ec2.setDials({
      capacity: [
        { pool: 'on-demand:t3.medium:us-east-1a', available: 2 },
        { pool: 'on-demand:t3.medium:us-east-1b', available: 0 },
        { pool: 'm5.large', available: 1, code: 'Unsupported' },
      ],
    });

    const answer = await launch({ machines: 5 });

    expect(idsOf(answer)).toHaveLength(3);
    const place = (error: NonNullable<typeof answer.Errors>[number]) => [
      error.ErrorCode,
      error.LaunchTemplateAndOverrides?.Overrides?.InstanceType,
      error.LaunchTemplateAndOverrides?.Overrides?.SubnetId,
    ];
    expect(answer.Errors?.map(place)).toEqual([
      ['InsufficientInstanceCapacity', 't3.medium', 'subnet-a'],
      ['InsufficientInstanceCapacity', 't3.medium', 'subnet-b'],
      ['Unsupported', 'm5.large', 'subnet-a'],
    ]);
  });

  it.each([
    ['a token of 65 characters', { ClientToken: 'x'.repeat(65) }, 'InvalidParameterValue'],
    ['a token that is not ASCII', { ClientToken: 'tökén' }, 'InvalidParameterValue'],
    [
      '51 tags',
      {
        TagSpecifications: [
          {
            ResourceType: 'volume' as const,
            Tags: Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: 'v' })),
          },
        ],
      },
      'TagLimitExceeded',
    ],
  ])('refuses %s', async (_, change, code) => {
    const request = { ...givenFleet(), ...change };
    await expect(world.client.send(new CreateFleetCommand(request))).rejects.toMatchObject({ name: code });
    expect(await describeBy('instance-state-name', 'pending')).toEqual([]);
  });

  it('refuses user data of more than 16 KB for one request', async () => {
    const request = givenFleet();
    const [config] = request.LaunchTemplateConfigs ?? [];
    const withData = (bytes: number) => ({
      ...request,
      LaunchTemplateConfigs: [
        {
          ...config,
          LaunchTemplateSpecification: {
            ...config?.LaunchTemplateSpecification,
            LaunchTemplateSpecificationUserData: Buffer.alloc(bytes, '#').toString('base64'),
          },
        },
      ],
    });
    const tooLarge = world.client.send(new CreateFleetCommand(withData(16_385)));
    await expect(tooLarge).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    expect(idsOf(await world.client.send(new CreateFleetCommand(withData(16_384))))).toHaveLength(1);
  });

  it('counts spot and on-demand pools separately', async () => {
    world.ec2.setDials({ capacity: [{ pool: 'spot:t3.medium', available: 0 }] });
    const spot = { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' as const };

    const answer = await launch({ TargetCapacitySpecification: spot });

    expect(answer.Instances).toMatchObject([{ InstanceType: 'm5.large', Lifecycle: 'spot' }]);
    expect(await describeBy('instance-lifecycle', 'spot')).toHaveLength(1);
    expect((await launch()).Errors).toEqual([]);
  });

  it("stops at the account's quota, which ended machines free", async () => {
    world.ec2.setDials({ quotas: { spot: null, 'on-demand': 5 } });

    const first = await launch({ machines: 3 });
    expect(idsOf(first)).toHaveLength(2);
    expect(first.Errors?.[0]?.ErrorCode).toBe('VcpuLimitExceeded');

    await world.client.send(new TerminateInstancesCommand({ InstanceIds: idsOf(first) }));
    expect(idsOf(await launch({ machines: 2 }))).toHaveLength(2);
  });

  it('answers a known token with the same fleet, without its machines, and launches nothing', async () => {
    const first = await launch({ ClientToken: 'launch-1', machines: 2 });
    const again = await launch({ ClientToken: 'launch-1', machines: 2 });

    expect(again.FleetId).toBe(first.FleetId);
    expect(idsOf(again)).toEqual([]);
    expect(world.ec2.instances()).toHaveLength(2);
  });

  it('refuses a known token with other parameters', async () => {
    await launch({ ClientToken: 'launch-1', machines: 1 });

    await expect(launch({ ClientToken: 'launch-1', machines: 2 })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
    expect(world.ec2.instances()).toHaveLength(1);
  });

  it('uses the newest version of a template on request', async () => {
    const data = { ...givenTemplateData('#!/bin/sh\n'), ImageId: 'ami-00000000000000002' };
    world.ec2.defineLaunchTemplate({ name: 'test-small', data });

    const [machine] = await describeBy('instance-id', ...idsOf(await launch()));

    expect(machine?.ImageId).toBe('ami-00000000000000002');
  });

  it('refuses CPU credits for a type that has none', async () => {
    const data = givenTemplateData('#!/usr/bin/env bash\n');
    world.ec2.defineLaunchTemplate({
      name: 'test-credits',
      data: { ...data, CreditSpecification: { CpuCredits: 'standard' } },
    });
    const of = (InstanceType: 't3.medium' | 'm5.large') =>
      launch({
        LaunchTemplateConfigs: [
          {
            LaunchTemplateSpecification: { LaunchTemplateName: 'test-credits', Version: '$Latest' },
            Overrides: [{ InstanceType, SubnetId: 'subnet-a' }],
          },
        ],
      });
    expect(idsOf(await of('t3.medium'))).toHaveLength(1);
    await expect(of('m5.large')).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
  });

  it('refuses tags that EC2 would refuse', async () => {
    const tagged = (Key: string, Value: string) =>
      launch({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key, Value }] }] });

    await expect(tagged('ghr:launch_ticket', 'x'.repeat(257))).rejects.toThrow(/at most 128 and 256/);
    await expect(tagged('with a space', 'x')).rejects.toThrow(/not a valid tag key/);
    expect(world.ec2.instances()).toHaveLength(0);
  });

  it.each([
    ['a template', { LaunchTemplateSpecification: { LaunchTemplateName: 'none', Version: '1' } }, /template/],
    [
      'a version',
      { LaunchTemplateSpecification: { LaunchTemplateName: 'test-small', Version: '7' } },
      /version 7/,
    ],
  ])('refuses %s that does not exist', async (_what, config, message) => {
    await expect(launch({ LaunchTemplateConfigs: [config] })).rejects.toThrow(message);
  });
});

describe('DescribeInstances', () => {
  it('finds by tag, tag key, state and wildcard', async () => {
    await launch({ machines: 2 });

    expect(await describeBy('tag:ghr:tenant_id', '42')).toHaveLength(2);
    expect(await describeBy('tag:ghr:tenant_id', '4*', '7')).toHaveLength(2);
    expect(await describeBy('tag:ghr:tenant_id', '4')).toHaveLength(0);
    expect(await describeBy('tag-key', 'ghr:launch_?icket')).toHaveLength(2);
    expect(await describeBy('instance-state-name', 'pending', 'running')).toHaveLength(2);
    expect(await describeBy('instance-state-name', 'terminated')).toHaveLength(0);
  });

  it('refuses more than 200 values of a filter', async () => {
    const ids = Array.from({ length: 201 }, (_, n) => `i-${n}`);
    await expect(describeBy('instance-id', ...ids)).rejects.toMatchObject({ name: 'FilterLimitExceeded' });
    expect(await describeBy('instance-id', ...ids.slice(1))).toEqual([]);
  });

  it('returns every machine once over all pages', async () => {
    const ids = idsOf(await launch({ machines: 12 }));

    const sizes: (number | undefined)[] = [];
    const seen: (string | undefined)[] = [];
    for await (const page of paginateDescribeInstances({ client: world.client, pageSize: 5 }, {})) {
      sizes.push(page.Reservations?.length);
      seen.push(...(page.Reservations ?? []).flatMap((each) => each.Instances?.[0]?.InstanceId));
    }

    expect(sizes).toEqual([5, 5, 2]);
    expect(seen).toEqual(ids);
  });

  it('refuses an unknown id and an unknown filter', async () => {
    const unknown = new DescribeInstancesCommand({ InstanceIds: ['i-0'] });
    await expect(world.client.send(unknown)).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    await expect(describeBy('hypervisor', 'xen')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('shows a new machine only after the lag', async () => {
    world.ec2.setDials({ lagMilliseconds: 60_000 });
    await launch();
    expect(await describeBy('tag-key', 'ghr:tenant_id')).toHaveLength(0);

    world.ec2.setDials({ lagMilliseconds: 0 });
    expect(await describeBy('tag-key', 'ghr:tenant_id')).toHaveLength(1);
  });

  it('shows an ended machine as running until the lag is over, and does not say why it ended', async () => {
    const [id] = idsOf(await launch()) as [string];
    world.ec2.setDials({ endLagMilliseconds: 60_000 });
    await world.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const [before] = await describeBy('instance-state-name', 'running');
    expect([before?.InstanceId, before?.State?.Name, before?.StateReason]).toEqual([
      id,
      'running',
      undefined,
    ]);

    world.ec2.setDials({ endLagMilliseconds: 0 });
    const [after] = await describeBy('instance-id', id);
    expect(['shutting-down', 'terminated']).toContain(after?.State?.Name);
    expect(after?.StateReason?.Code).toBe('Client.UserInitiatedShutdown');
  });
});

describe('TerminateInstances', () => {
  const terminate = (...InstanceIds: string[]) =>
    world.client.send(new TerminateInstancesCommand({ InstanceIds }));

  it('ends a machine, which stays visible for a while', async () => {
    const [id] = idsOf(await launch()) as [string];

    const { TerminatingInstances } = await terminate(id);

    expect(TerminatingInstances).toMatchObject([
      { InstanceId: id, PreviousState: { Name: 'pending' }, CurrentState: { Name: 'shutting-down' } },
    ]);
    const [machine] = world.ec2.instances();
    await eventually(
      () => machine?.state,
      (state) => state === 'terminated',
    );
    expect(await describeBy('instance-state-name', 'terminated')).toHaveLength(1);
    expect((await terminate(id)).TerminatingInstances?.[0]?.CurrentState?.Name).toBe('terminated');
    world.ec2.setDials({ terminatedVisibleMilliseconds: 0 });
    await eventually(
      () => Date.now(),
      (now) => now > (machine?.terminatedAt ?? now),
    );
    expect(await describeBy('tag-key', 'ghr:tenant_id')).toHaveLength(0);
  });

  it('ends nothing if some ids are unknown, and names those', async () => {
    const [id] = idsOf(await launch()) as [string];

    const error = await terminate(id, 'i-1', 'i-2').catch((caught: Error) => caught);

    expect(error).toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: "The instance IDs 'i-1, i-2' do not exist",
    });
    expect(world.ec2.instances()[0]?.state).toBe('pending');
  });
});

describe('other calls', () => {
  it('adds tags to a machine', async () => {
    const [id] = idsOf(await launch()) as [string];

    await world.client.send(
      new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'note', Value: '<a & "b">' }] }),
    );

    const [machine] = await describeBy('tag-key', 'note');
    expect(machine?.Tags).toContainEqual({ Key: 'note', Value: '<a & "b">' });
  });

  it('announces the interruption of a spot machine, and refuses it for one on demand', async () => {
    const spot = { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' as const };
    const [taken] = idsOf(await launch({ TargetCapacitySpecification: spot })) as [string];
    const [kept] = idsOf(await launch()) as [string];
    const seen: string[] = [];
    world.ec2.onStateChange((change) => seen.push(`${change['instance-id']} ${change.state}`));

    world.ec2.interruptSpot(taken);

    await eventually(
      () => seen,
      () => seen.includes(`${taken} terminated`),
    );
    expect(world.ec2.instances()[0]?.stateReason?.code).toBe('Server.SpotInstanceTermination');
    expect(() => world.ec2.interruptSpot(kept)).toThrow(/on demand/);
  });

  it('returns what a machine printed', async () => {
    world.ec2.setDials({ bootMilliseconds: 1 });
    const data = givenTemplateData('#!/usr/bin/env bash\necho "hello from $PWD"\n');
    world.ec2.defineLaunchTemplate({ name: 'test-small', data });
    const [id] = idsOf(await launch()) as [string];
    await eventually(
      () => world.ec2.instances()[0]?.console,
      (text) => (text ?? '').endsWith('\n'),
    );

    const { Output } = await world.client.send(new GetConsoleOutputCommand({ InstanceId: id }));

    expect(Buffer.from(Output ?? '', 'base64').toString()).toMatch(/^hello from .*\n$/);
  });

  it('refuses an unknown call', async () => {
    const unknown = world.ec2.handle({ action: 'RunInstances', input: {} } as never);
    await expect(unknown).rejects.toMatchObject({ code: 'InvalidAction' });
  });
});
