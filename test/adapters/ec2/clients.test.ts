import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createEc2Clients } from '../../../lib/adapters/ec2/clients.ts';
import { timersUntilFailure } from '../../support/virtual-deadlines.ts';

beforeAll(() => {
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
});

it('launches over a new connection each time, since an idle one may break as it is used', async () => {
  const server = createServer((_, response) => response.end('<DescribeInstancesResponse/>'));
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { launching, asking } = createEc2Clients({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  for (const client of [launching, launching, asking, asking]) {
    await client.send(new DescribeInstancesCommand({}));
  }
  const waits = [launching, asking].map(({ config }) =>
    (config.requestHandler as { httpHandlerConfigs?: () => object }).httpHandlerConfigs?.(),
  );
  expect(waits).toMatchObject([{ connectionTimeout: 1_000 }, { connectionTimeout: 1_000 }]);
  launching.destroy();
  asking.destroy();
  await new Promise((resolve) => server.close(resolve));
  expect(connections).toBe(3);
});

describe('a call that is not answered', () => {
  /** The timers that ran out, in milliseconds. */
  async function timersOf(name: 'launching' | 'asking' | 'pricing'): Promise<number[]> {
    let asked = 0;
    const server = createServer(() => {
      asked += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createEc2Clients({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` })[name];
    try {
      return await timersUntilFailure(
        () => client.send(new DescribeInstancesCommand({})),
        () => asked > 0,
      );
    } finally {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  it.each([
    ['launching', 12_000, 1],
    ['asking', 5_000, 3],
    ['pricing', 2_000, 1],
  ] as const)('during %s fails after %i ms, %i times', async (name, milliseconds, times) => {
    const timers = await timersOf(name);
    // Shorter timers are pauses, or belong to the socket.
    expect(timers.filter((each) => each >= milliseconds)).toEqual(new Array(times).fill(milliseconds));
  });
});
