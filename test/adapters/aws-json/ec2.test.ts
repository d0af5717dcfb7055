/** EC2's client in bundles: that it sends what the SDK's does, reads the same, and fails in the same way. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sdk from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as own from '../../../lib/adapters/aws-json/ec2.ts';
import { queryForm } from '../../../lib/adapters/aws-json/query-form.ts';
import { type FleetPlan, fleetRequest } from '../../../lib/core/fleet-request.ts';
import { LaunchId } from '../../../lib/core/ids.ts';
import { acme, small } from '../../support/given.ts';

const asked: { form: [string, string][]; headers: NodeJS.Dict<string | string[]> }[] = [];
/** One for each request; the last one is for all that follow. */
let answers: { status: number; body: string }[] = [];
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  asked.push({ form: [...new URLSearchParams(body)].toSorted(), headers: request.headers });
  const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
  response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
});
const variables: Record<string, string> = { AWS_REGION: 'eu-west-1', _X_AMZN_TRACE_ID: 'Root=1-2-3' };
let endpoint = '';
let sdkClient: sdk.EC2Client;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'KEY', secretAccessKey: 'secret' };
  sdkClient = new sdk.EC2Client({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
});
beforeEach(() => {
  asked.length = 0;
});
afterAll(() => {
  sdkClient.destroy();
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

/** Tries follow each other at once. */
const client = (maxAttempts = 3) =>
  new own.EC2Client(
    { endpoint, maxAttempts, requestHandler: { requestTimeout: 60_000, httpAgent: { keepAlive: true } } },
    { variables, fraction: () => 0 },
  );
const says = (body: string, status = 200) => {
  answers = [{ status, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` }];
};
const xmlns = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"';
const error = (code: string) =>
  `<Response><Errors><Error><Code>${code}</Code><Message>not &lt;now&gt; &amp; here</Message></Error></Errors>` +
  '<RequestID>r</RequestID></Response>';

const plan: FleetPlan = {
  environment: 'test',
  installationId: acme,
  tier: small,
  launchId: LaunchId('launch-1'),
  level: 'organization',
  group: "gruppe (ä) 'x' *!",
  ticket: 'a+b/c=&d',
  launchTemplateName: 'test-small',
  pools: [
    { instanceType: 't3.medium', subnetId: 'subnet-1' },
    { instanceType: 't3a.medium', subnetId: 'subnet-2' },
  ],
  market: 'spot',
  machines: 2,
};
const pool = (type: string) =>
  '<launchTemplateAndOverrides><launchTemplateSpecification><launchTemplateName>test-small</launchTemplateName>' +
  `</launchTemplateSpecification><overrides><subnetId>subnet-1</subnetId><instanceType>${type}</instanceType></overrides>` +
  '</launchTemplateAndOverrides><lifecycle>spot</lifecycle>';
const fleet =
  '<fleetId>fleet-1</fleetId><errorSet><item>' +
  `${pool('t3.medium')}<errorCode>InsufficientInstanceCapacity</errorCode><errorMessage>none &#x2014; left</errorMessage>` +
  `</item></errorSet><fleetInstanceSet><item>${pool('t3a.medium')}<instanceIds><item>i-1</item><item>i-2</item></instanceIds>` +
  '<instanceType>t3a.medium</instanceType></item></fleetInstanceSet>';
const instances =
  '<reservationSet><item><reservationId>r-1</reservationId><instancesSet><item><instanceId>i-1</instanceId>' +
  '<instanceState><code>48</code><name>terminated</name></instanceState><instanceType>t3.medium</instanceType>' +
  '<launchTime>2026-11-22T12:00:00.000Z</launchTime><placement><availabilityZone>eu-west-1a</availabilityZone></placement>' +
  '<stateReason><code>Server.SpotInstanceTermination</code><message>gone</message></stateReason>' +
  '<instanceLifecycle>spot</instanceLifecycle><blockDeviceMapping/><tagSet><item><key>a &amp; b</key><value></value></item>' +
  '<item><key>ghr:tier</key><value>  small </value></item></tagSet></item></instancesSet></item></reservationSet>' +
  '<nextToken>more</nextToken>';
const prices =
  '<spotPriceHistorySet><item><instanceType>t3.medium</instanceType><spotPrice>0.013600</spotPrice>' +
  '<timestamp>2026-11-22T11:58:03.000Z</timestamp><availabilityZone>eu-west-1a</availabilityZone></item></spotPriceHistorySet>';

const calls = [
  ['CreateFleet', sdk.CreateFleetCommand, own.CreateFleetCommand, fleetRequest(plan), fleet],
  [
    'CreateFleet',
    sdk.CreateFleetCommand,
    own.CreateFleetCommand,
    fleetRequest({ ...plan, market: 'on-demand' }),
    fleet,
  ],
  [
    'DescribeFleets',
    sdk.DescribeFleetsCommand,
    own.DescribeFleetsCommand,
    { FleetIds: ['fleet-1'] },
    `<fleetSet><item>${fleet}</item></fleetSet>`,
  ],
  [
    'DescribeInstances',
    sdk.DescribeInstancesCommand,
    own.DescribeInstancesCommand,
    { Filters: [{ Name: 'tag:a', Values: ['1', '2'] }], MaxResults: 500, NextToken: 'a+b' },
    instances,
  ],
  [
    'DescribeSpotPriceHistory',
    sdk.DescribeSpotPriceHistoryCommand,
    own.DescribeSpotPriceHistoryCommand,
    {
      InstanceTypes: ['t3.medium', 't3a.medium'],
      ProductDescriptions: ['Linux/UNIX'],
      StartTime: new Date(1_795_000_000_000),
    },
    prices,
  ],
  [
    'GetConsoleOutput',
    sdk.GetConsoleOutputCommand,
    own.GetConsoleOutputCommand,
    { InstanceId: 'i-1', Latest: true },
    '<instanceId>i-1</instanceId><output>aGVsbG8=\n</output>',
  ],
  [
    'TerminateInstances',
    sdk.TerminateInstancesCommand,
    own.TerminateInstancesCommand,
    { InstanceIds: ['i-1', 'i-2'] },
    '<instancesSet/>',
  ],
] as const;

describe("EC2's client in bundles", () => {
  it.each(calls)('sends and reads %s as the SDK does', async (action, Sdk, Own, input, answer) => {
    says(`<${action}Response ${xmlns}><requestId>r</requestId>${answer}</${action}Response>`);
    const expected = await sdkClient.send(sdkCommand(Sdk, input));
    const found = await client().send(new Own(input as never));

    expect(expected).toMatchObject(found);
    const [bySdk, byOwn] = asked;
    expect(byOwn!.form).toEqual(bySdk!.form);
    expect(byOwn!.headers).toMatchObject({
      'content-type': bySdk!.headers['content-type'],
      'x-amzn-trace-id': 'Root=1-2-3',
    });
  });

  it('reads all that the adapter uses', async () => {
    says(`<DescribeInstancesResponse ${xmlns}>${instances}</DescribeInstancesResponse>`);
    const machine = {
      InstanceId: 'i-1',
      InstanceLifecycle: 'spot',
      InstanceType: 't3.medium',
      LaunchTime: new Date('2026-11-22T12:00:00Z'),
      Placement: { AvailabilityZone: 'eu-west-1a' },
      State: { Name: 'terminated' },
      StateReason: { Code: 'Server.SpotInstanceTermination' },
      Tags: [
        { Key: 'a & b', Value: '' },
        { Key: 'ghr:tier', Value: '  small ' },
      ],
    };
    expect(await client().send(new own.DescribeInstancesCommand({}))).toEqual({
      Reservations: [{ Instances: [machine] }],
      NextToken: 'more',
    });
  });

  it('throws what EC2 answers, as the SDK does', async () => {
    says(error('InvalidInstanceID.NotFound'), 400);
    const expected = await sdkClient.send(new sdk.DescribeFleetsCommand({})).catch((cause) => cause);
    const found = client().send(new own.DescribeFleetsCommand({}));

    const { name, message } = expected;
    expect([name, message]).toEqual(['InvalidInstanceID.NotFound', 'not <now> & here']);
    await expect(found).rejects.toMatchObject({ name, message, $metadata: { httpStatusCode: 400 } });
    expect(asked).toHaveLength(2);
  });

  it.each([
    [503, error('RequestLimitExceeded'), 'RequestLimitExceeded'],
    [500, error('InternalError'), 'InternalError'],
    [502, '<html><body>Bad Gateway<br></body></html>', 'Status502'],
  ])(
    'tries again after a %i of %s, three times in all, or once if it launches',
    async (status, body, name) => {
      says(body, status);
      const fault = { name, $metadata: { httpStatusCode: status } };
      await expect(client().send(new own.DescribeInstancesCommand({}))).rejects.toMatchObject(fault);
      expect(asked).toHaveLength(3);
      await expect(client(1).send(new own.CreateFleetCommand({}))).rejects.toMatchObject(fault);
      expect(asked).toHaveLength(4);
    },
  );

  it.each([
    '',
    `<CreateFleetResponse ${xmlns}>${fleet}`,
    `<CreateFleetResponse ${xmlns}>${fleet.replace('</item></errorSet>', '</errorSet>')}</CreateFleetResponse>`,
    '<html><body>A proxy<br></body></html>',
  ])('throws where an answer is not whole: %s', async (body) => {
    says(body);
    const found = client().send(new own.CreateFleetCommand({}));
    await expect(found).rejects.toThrow('not whole XML');
    expect(asked).toHaveLength(1);
  });

  it('ends when its caller no longer waits, and does not try again', async () => {
    answers = [{ status: 503, body: '' }];
    const abortSignal = AbortSignal.abort();
    const found = client().send(new own.GetConsoleOutputCommand({ InstanceId: 'i-1' }), { abortSignal });
    await expect(found).rejects.toMatchObject({ name: 'AbortError' });
    expect(asked).toHaveLength(0);
  });
});

it('refuses to guess how EC2 names a list', () => {
  expect(() => queryForm('CreateFleet', { BlockDevices: [] })).toThrow(/BlockDevices has no name/);
});

/** The SDK's commands have types of their own. */
function sdkCommand(given: unknown, input: object): sdk.DescribeFleetsCommand {
  const Command = given as typeof sdk.DescribeFleetsCommand;
  return new Command(input as sdk.DescribeFleetsCommandInput);
}
