/**
 * Worlds for the EC2 tests: the stand-in behind the smallest HTTP server that the real client can talk to, and a
 * claim URL and GitHub that a machine can talk to. Everything ends with `close`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CreateFleetCommandInput, EC2Client } from '@aws-sdk/client-ec2';
import { compactScript } from '../../../lib/constructs/machines/boot-script.ts';
import { type AwsAnswer, type AwsCall, AwsError } from '../../../lib/local/aws/service.ts';
import type { LaunchTemplateData } from '../../../lib/local/ec2/account.ts';
import { createEc2, type Ec2Options, type Ec2StandIn } from '../../../lib/local/ec2/ec2.ts';

export const region = 'us-east-1';
export const accountId = '123456789012';

export async function givenEc2(options: Partial<Ec2Options> & { data?: LaunchTemplateData } = {}) {
  const workDirectory = mkdtempSync(join(tmpdir(), 'mayfly-test-'));
  const { data, ...rest } = options;
  const ec2 = createEc2({ region, accountId, workDirectory, bootMilliseconds: 5, ...rest });
  ec2.setDials({ shutdownMilliseconds: 5 });
  for (const zone of ['a', 'b']) {
    ec2.defineSubnet({ subnetId: `subnet-${zone}`, availabilityZone: `${region}${zone}` });
  }
  ec2.defineLaunchTemplate({ name: 'test-small', data: data ?? givenTemplateData('#!/usr/bin/env bash\n') });
  const server = await givenServer(async (request, response) => {
    const { status, headers, body } = await serve(ec2, await readBody(request));
    response.writeHead(status, headers).end(body);
  });
  const client = new EC2Client({
    region,
    endpoint: server.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const close = async () => {
    client.destroy();
    await server.close();
    await ec2.close();
    rmSync(workDirectory, { recursive: true });
  };
  return { ec2, client, workDirectory, close };
}

export const givenTemplateData = (script: string): LaunchTemplateData => ({
  ImageId: 'ami-0123456789abcdef0',
  UserData: Buffer.from(script).toString('base64'),
  SecurityGroupIds: ['sg-1'],
  InstanceInitiatedShutdownBehavior: 'terminate',
  MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
});

/** The boot script as a stack would fill it in. */
export const givenBootScript = (claimUrl: string, idleSeconds = 60, lifeMinutes = 60) =>
  // With them it would not fit.
  compactScript(readFileSync(new URL('../../../images/boot.sh', import.meta.url), 'utf8'))
    .replace('@CLAIM_URL@', claimUrl)
    .replace('@RUNNER_VERSION@', '2.337.0')
    .replace('@RUNNER_ARCHITECTURE@', 'x64')
    .replace('@IDLE_SECONDS@', String(idleSeconds))
    .replace('@LIFE_MINUTES@', String(lifeMinutes));

export function givenFleet(change: Partial<CreateFleetCommandInput> & { machines?: number } = {}) {
  const { machines = 1, ...rest } = change;
  return {
    Type: 'instant',
    TargetCapacitySpecification: { TotalTargetCapacity: machines, DefaultTargetCapacityType: 'on-demand' },
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateName: 'test-small', Version: '$Latest' },
        Overrides: [
          { InstanceType: 't3.medium', SubnetId: 'subnet-a', Priority: 0 },
          { InstanceType: 't3.medium', SubnetId: 'subnet-b', Priority: 0 },
          { InstanceType: 'm5.large', SubnetId: 'subnet-a', Priority: 1 },
        ],
      },
    ],
    TagSpecifications: [
      {
        ResourceType: 'instance',
        Tags: [
          { Key: 'ghr:tenant_id', Value: '42' },
          { Key: 'ghr:launch_ticket', Value: 'ticket.of-launch' },
        ],
      },
    ],
    ...rest,
  } satisfies CreateFleetCommandInput;
}

export const givenCall = (input: Record<string, string>, action: string): AwsCall => ({
  service: 'ec2',
  action,
  input,
  protocol: 'query',
  body: Buffer.alloc(0),
  headers: {},
  caller: { accessKeyId: 'test', name: 'test', arn: 'arn:test', isOperator: false, policies: [] },
  region,
  accountId,
});

async function serve(ec2: Ec2StandIn, body: string): Promise<AwsAnswer> {
  const input = Object.fromEntries(new URLSearchParams(body));
  try {
    return await ec2.handle(givenCall(input, input['Action'] ?? ''));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const fault = `<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`;
    return {
      status: error.status,
      headers: {},
      body: `<Response><Errors>${fault}</Errors><RequestID>1</RequestID></Response>`,
    };
  }
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export async function givenServer(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Waits until it holds; fails with the last value seen. */
export async function eventually<Value>(
  read: () => Value,
  holds: (value: Value) => boolean,
  milliseconds = 240_000,
): Promise<Value> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = read();
    if (holds(value)) return value;
    if (Date.now() > end) throw new Error(`Still not so: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
