/**
 * What every Compute promises, tested on the fake and on the laptop's EC2 over HTTP; or, if MAYFLY_TEST_EC2_URL is
 * set, on somebody else's imitation of EC2 at that address.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEc2Clients } from '../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../lib/adapters/ec2/compute.ts';
import { InstanceId } from '../../lib/core/ids.ts';
import { startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createEc2 } from '../../lib/local/ec2/ec2.ts';
import { createMemoryCompute } from '../fakes/compute.ts';
import { type ComputeWorld, computeContract } from './compute.contract.ts';
import { onOtherEc2 } from './support/other-ec2.ts';

async function inMemory(): Promise<ComputeWorld> {
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
    forgetEnded: async () => {
      for (const machine of compute.machines.values()) machine.hidden ||= machine.state === 'terminated';
    },
    live: async () => compute.live().map(({ instanceId }) => instanceId),
    close: async () => {},
  };
}

async function onEc2(): Promise<ComputeWorld> {
  const where = { region: 'eu-west-1', accountId: '111122223333' };
  const workDirectory = mkdtempSync(join(tmpdir(), 'compute-contract-'));
  const ec2 = createEc2({ ...where, workDirectory });
  const endpoint = await startAwsEndpoint({ ...where, services: [ec2] });
  ec2.setDials({ neverBoot: { probability: 1, count: null } });
  ec2.defineLaunchTemplate({ name: 'test-small', data: { ImageId: 'ami-0123456789abcdef0' } });
  const { subnetId } = ec2.defineSubnet({ availabilityZone: 'eu-west-1a' });
  process.env['AWS_REGION'] = where.region;
  const { accessKeyId, secretAccessKey } = endpoint.addPrincipal({
    name: 'platform',
    arn: `arn:aws:iam::${where.accountId}:role/platform`,
    policies: [asGranted],
  });
  process.env['AWS_ACCESS_KEY_ID'] = accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = secretAccessKey;
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
    async forgetEnded() {
      ec2.setDials({ terminatedVisibleMilliseconds: 0 });
      const isOver = () =>
        ec2
          .instances()
          .every(
            ({ state, terminatedAt = Date.now() }) =>
              state !== 'shutting-down' && (state !== 'terminated' || Date.now() > terminatedAt),
          );
      while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    live: async () =>
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

/** As in functions: machines are ended by their tag. */
const asGranted = {
  Statement: [
    { Effect: 'Allow' as const, NotAction: 'ec2:TerminateInstances', Resource: '*' },
    {
      Effect: 'Allow' as const,
      Action: 'ec2:TerminateInstances',
      Resource: '*',
      Condition: { StringEquals: { 'ec2:ResourceTag/ghr:environment': ['test', 'other'] } },
    },
  ],
};

const otherEc2 = process.env['MAYFLY_TEST_EC2_URL'];
if (otherEc2) {
  computeContract("on another's EC2", () => onOtherEc2(otherEc2));
} else {
  computeContract('in memory', inMemory);
  computeContract('on EC2', onEc2);
}
