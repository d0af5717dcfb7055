/** What every Compute promises, held against the fake and against the laptop's EC2 over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEc2Clients } from '../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../lib/adapters/ec2/compute.ts';
import { createMemoryCompute } from '../../lib/adapters/memory/compute.ts';
import { type FleetPlan, fleetRequest } from '../../lib/core/fleet-request.ts';
import { InstanceId, LaunchId } from '../../lib/core/ids.ts';
import { startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createEc2 } from '../../lib/local/ec2/ec2.ts';
import type { Compute, LaunchAnswer } from '../../lib/ports/compute.ts';
import { acme, small } from '../support/given.ts';

interface World {
  readonly compute: Compute;
  readonly subnetId: string;
  limitPool(instanceType: string, market: 'spot' | 'on-demand', available: number): void;
  throttleNextLaunch(): void;
  /** The machines start, and then nobody hears of it. */
  loseNextAnswer(): void;
  hideNew(): void;
  /** The machines that live, whoever knows of them. */
  live(): InstanceId[];
  close(): Promise<void>;
}

async function inMemory(): Promise<World> {
  const compute = createMemoryCompute();
  const { dials } = compute;
  return {
    compute,
    subnetId: 'subnet-1',
    limitPool: (type, market, available) => void dials.pools.set(`${type}:${market}`, available),
    throttleNextLaunch: () =>
      void dials.refuseNext.push({ class: 'throttled', code: 'RequestLimitExceeded', message: 'Slow down.' }),
    loseNextAnswer: () => {
      dials.loseAnswers = 1;
    },
    hideNew: () => {
      dials.hideNew = true;
    },
    live: () => compute.live().map(({ instanceId }) => instanceId),
    close: async () => {},
  };
}

async function onEc2(): Promise<World> {
  const where = { region: 'eu-west-1', accountId: '111122223333' };
  const workDirectory = mkdtempSync(join(tmpdir(), 'compute-contract-'));
  const ec2 = createEc2({ ...where, workDirectory });
  const endpoint = await startAwsEndpoint({ ...where, services: [ec2] });
  ec2.setDials({ neverBoot: { probability: 1, count: null } });
  ec2.defineLaunchTemplate({ name: 'test-small', data: { ImageId: 'ami-0123456789abcdef0' } });
  const { subnetId } = ec2.defineSubnet({ availabilityZone: 'eu-west-1a' });
  process.env['AWS_REGION'] = where.region;
  process.env['AWS_ACCESS_KEY_ID'] = endpoint.operatorCredentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = endpoint.operatorCredentials.secretAccessKey;
  const failNext = (code: string, when: 'before' | 'after') =>
    endpoint.dials.set([
      { service: 'ec2', action: 'CreateFleet', error: { code, status: 503 }, count: 1, when },
    ]);
  return {
    compute: createCompute(createEc2Clients({ AWS_ENDPOINT_URL: endpoint.url })),
    subnetId,
    limitPool: (type, market, available) =>
      void ec2.setDials({ capacity: [{ pool: `${market}:${type}`, available }] }),
    throttleNextLaunch: () => failNext('RequestLimitExceeded', 'before'),
    loseNextAnswer: () => failNext('ConnectionReset', 'after'),
    hideNew: () => void ec2.setDials({ lagMilliseconds: 3_600_000 }),
    live: () =>
      ec2
        .instances()
        .filter(({ state }) => state === 'pending' || state === 'running')
        .map(({ instanceId }) => InstanceId(instanceId)),
    close: async () => {
      await endpoint.close();
      await ec2.close();
      rmSync(workDirectory, { recursive: true, force: true });
    },
  };
}

describe.each([
  { name: 'in memory', open: inMemory },
  { name: 'on EC2', open: onEc2 },
])('compute $name', ({ open }) => {
  let world: World;
  beforeEach(async () => {
    world = await open();
  });
  afterEach(() => world.close());

  const pools = (...types: string[]) =>
    types.map((instanceType) => ({ instanceType, subnetId: world.subnetId }));
  const request = (over: Partial<FleetPlan> = {}) =>
    fleetRequest({
      environment: 'test',
      installationId: acme,
      tier: small,
      launchId: LaunchId('launch-1'),
      ticket: 'ticket',
      launchTemplateName: 'test-small',
      pools: pools('t3.medium', 't3.large'),
      market: 'on-demand',
      machines: 2,
      ...over,
    });

  it('starts what is asked for, of the first type that has room', async () => {
    const { instances, failures } = answered(await world.compute.launch(request()));
    expect(failures).toEqual([]);
    expect(instances).toHaveLength(2);
    expect(instances).toMatchObject([
      { instanceType: 't3.medium', spot: false },
      { instanceType: 't3.medium' },
    ]);
    expect(instances.map(({ instanceId }) => instanceId).sort()).toEqual(world.live().sort());
  });

  it('starts nothing more for the same request', async () => {
    const first = answered(await world.compute.launch(request()));
    const again = answered(await world.compute.launch(request()));
    expect(ids(again)).toEqual(ids(first));
    expect(world.live()).toHaveLength(2);
  });

  it('is unclear about a token that was used for another request', async () => {
    await world.compute.launch(request());
    const answer = await world.compute.launch(request({ machines: 1 }));
    expect(answer).toMatchObject({ kind: 'unclear', failure: { code: 'IdempotentParameterMismatch' } });
    expect(world.live()).toHaveLength(2);
  });

  it('says why it started fewer than asked for', async () => {
    world.limitPool('t3.medium', 'spot', 1);
    const asked = request({ market: 'spot', pools: pools('t3.medium'), machines: 3 });
    const { instances, failures } = answered(await world.compute.launch(asked));
    expect(instances).toMatchObject([{ instanceType: 't3.medium', spot: true }]);
    const pool = { market: 'spot', instanceType: 't3.medium', subnetId: world.subnetId };
    expect(failures).toMatchObject([{ class: 'capacity', code: 'InsufficientInstanceCapacity', pool }]);
  });

  it('is refused when throttled, having started nothing, and can be asked again', async () => {
    world.throttleNextLaunch();
    const refused = await world.compute.launch(request());
    expect(refused).toMatchObject({
      kind: 'refused',
      failure: { class: 'throttled', code: 'RequestLimitExceeded' },
    });
    expect(world.live()).toEqual([]);
    expect(answered(await world.compute.launch(request())).instances).toHaveLength(2);
  });

  it('finds by its tag a launch whose answer was lost, and buys it only once', async () => {
    world.loseNextAnswer();
    expect((await world.compute.launch(request())).kind).toBe('unclear');
    expect(world.live()).toHaveLength(2);
    const found = await world.compute.findByLaunch(LaunchId('launch-1'));
    expect(found).toMatchObject([{ instanceType: 't3.medium', spot: false }, {}]);
    expect(ids({ instances: found })).toEqual(world.live().sort());
    await world.compute.launch(request());
    expect(world.live()).toHaveLength(2);
    expect(await world.compute.findByLaunch(LaunchId('launch-2'))).toEqual([]);
  });

  it('ends machines, ended ones too, and names those that it does not know', async () => {
    const { instances } = answered(await world.compute.launch(request()));
    const [one, two] = instances.map(({ instanceId }) => instanceId) as [InstanceId, InstanceId];
    const stranger = InstanceId('i-0aaaaaaaaaaaaaaaa');
    expect(await world.compute.terminate([one])).toEqual({ accepted: [one], unknown: [] });
    const { accepted, unknown } = await world.compute.terminate([stranger, one, two]);
    expect(accepted.sort()).toEqual([one, two].sort());
    expect(unknown).toEqual([stranger]);
    expect(world.live()).toEqual([]);
    expect(await world.compute.terminate([])).toEqual({ accepted: [], unknown: [] });
  });

  it('describes the machines that it knows, and leaves out the others', async () => {
    const { instances } = answered(await world.compute.launch(request({ machines: 1 })));
    const [one] = instances.map(({ instanceId }) => instanceId) as [InstanceId];
    const described = await world.compute.describe([InstanceId('i-0aaaaaaaaaaaaaaaa'), one]);
    expect(described.map(({ instanceId }) => instanceId)).toEqual([one]);
    expect(['pending', 'running']).toContain(described[0]?.state);
    expect(await world.compute.describe([])).toEqual([]);
  });

  it('lists the machines of one environment that are not over, with whom they were launched for', async () => {
    const { instances } = answered(await world.compute.launch(request()));
    await world.compute.launch(request({ launchId: LaunchId('launch-2'), environment: 'other' }));
    const [over, lives] = instances.map(({ instanceId }) => instanceId) as [InstanceId, InstanceId];
    await world.compute.terminate([over]);
    const { machines, cursor } = await world.compute.listMachines({ environment: 'test' });
    expect(cursor).toBeUndefined();
    expect(machines).toEqual([
      { instanceId: lives, launchId: 'launch-1', installationId: acme, launchedAt: expect.any(Number) },
    ]);
  });

  it('may not show a machine that lives', async () => {
    world.hideNew();
    const { instances } = answered(await world.compute.launch(request({ machines: 1 })));
    const [hidden] = instances.map(({ instanceId }) => instanceId) as [InstanceId];
    expect(await world.compute.describe([hidden])).toEqual([]);
    expect(await world.compute.findByLaunch(LaunchId('launch-1'))).toEqual([]);
    expect(await world.compute.terminate([hidden])).toEqual({ accepted: [], unknown: [hidden] });
    expect(world.live()).toEqual([hidden]);
  });
});

function answered(answer: LaunchAnswer) {
  if (answer.kind !== 'answered') throw new Error(`The launch was ${answer.kind}: ${answer.failure.code}`);
  return answer;
}

const ids = ({ instances }: { instances: readonly { instanceId: InstanceId }[] }) =>
  instances.map(({ instanceId }) => instanceId).sort();
