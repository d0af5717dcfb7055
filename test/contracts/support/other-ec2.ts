/**
 * Somebody else's imitation of EC2, behind a proxy that refuses a launch or loses its answer on request. The
 * imitation must forget everything on a POST to /moto-api/reset. Asking the proxy for anything else is an error.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { createEc2Clients } from '../../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../../lib/adapters/ec2/compute.ts';
import { InstanceId } from '../../../lib/core/ids.ts';
import type { ComputeWorld } from '../compute.contract.ts';

type Trouble = 'throttle' | 'lose the answer';

export async function onOtherEc2(url: string): Promise<ComputeWorld> {
  await fetch(`${url}/moto-api/reset`, { method: 'POST' });
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  const direct = new EC2Client({ endpoint: url });
  await direct.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'test-small',
      LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0' },
    }),
  );
  const { Subnets = [] } = await direct.send(new DescribeSubnetsCommand({}));
  const proxy = await startProxy(url);
  return {
    compute: createCompute(createEc2Clients({ AWS_ENDPOINT_URL: proxy.url })),
    subnetId: Subnets[0]?.SubnetId ?? '',
    limitPool: () => cannot('run out of capacity'),
    throttleNextLaunch: () => proxy.next('throttle'),
    loseNextAnswer: () => proxy.next('lose the answer'),
    hideNew: () => cannot('answer with what was true a while ago'),
    forgetEnded: async () => cannot('forget a machine'),
    live: () => live(direct),
    close: () => proxy.close(),
  };
}

function cannot(what: string): never {
  throw new Error(`This EC2 cannot ${what}.`);
}

async function live(client: EC2Client): Promise<InstanceId[]> {
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances).map((one) =>
    InstanceId(one.InstanceId ?? ''),
  );
}

async function startProxy(url: string) {
  let trouble: Trouble | undefined;
  const server = createServer((request, response) => {
    void forward(url, request, (body) => {
      const now = body.includes('Action=CreateFleet') ? trouble : undefined;
      if (now) trouble = undefined;
      return now;
    })
      .then((answer) => answer(response))
      .catch((cause) => response.destroy(cause as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: (wanted: Trouble) => {
      trouble = wanted;
    },
    close: () => closeServer(server),
  };
}

async function forward(
  url: string,
  request: IncomingMessage,
  troubleOf: (body: string) => Trouble | undefined,
): Promise<(response: ServerResponse) => void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const trouble = troubleOf(body);
  if (trouble === 'throttle') return (response) => response.writeHead(503).end(throttled);
  const { 'content-type': type = '', authorization = '' } = request.headers;
  const headers = { 'content-type': type, authorization };
  const answer = await fetch(url, { method: 'POST', body, headers });
  const text = await answer.text();
  if (trouble === 'lose the answer') return (response) => response.destroy();
  return (response) => response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(text);
}

const throttled =
  '<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Slow down.</Message></Error></Errors>' +
  '<RequestID>1</RequestID></Response>';

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
