import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, it } from '@jest/globals';
import { createEc2Clients } from '../../../lib/adapters/ec2/clients.ts';

it('launches over a connection of its own each time, since one that lay idle may break as it is used', async () => {
  const server = createServer((_, response) => response.end('<DescribeInstancesResponse/>'));
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  const { port } = server.address() as AddressInfo;
  const { launching, asking } = createEc2Clients({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  for (const client of [launching, launching, asking, asking]) {
    await client.send(new DescribeInstancesCommand({}));
  }
  launching.destroy();
  asking.destroy();
  await new Promise((resolve) => server.close(resolve));
  expect(connections).toBe(3);
});
