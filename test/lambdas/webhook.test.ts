/**
 * The webhook's function as it is deployed: one bundle with its `deployment.json` beside it, called with
 * function URL requests, sending over HTTP. Its bounds on size and calls are held here.
 */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FunctionUrlRequest } from '../../lambdas/webhook/handler.ts';
import { bundleFunctions } from '../../lib/constructs/basics/bundle.ts';
import { parseMessage } from '../../lib/contract/messages.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { jsonAnswer } from '../../lib/local/aws/json-answer.ts';
import { createLambdaService } from '../../lib/local/aws/lambda.ts';
import { AwsError, type AwsService } from '../../lib/local/aws/service.ts';
import { createSqsService, type SqsService } from '../../lib/local/aws/sqs.ts';
import { givenDeployment } from '../support/given.ts';

type Handler = (
  request: FunctionUrlRequest,
) => Promise<{ statusCode: number; headers: Record<string, string>; body: string }>;

const where = { region: 'eu-west-1', accountId: '111122223333' };
const folder = mkdtempSync(join(tmpdir(), 'webhook-'));
const bundle = join(folder, 'build', 'webhook', 'index.mjs');
let endpoint: AwsEndpoint;
let sqs: SqsService;
let handler: Handler;
let calls: string[] = [];

const secrets: AwsService = {
  service: 'secretsmanager',
  questions: () => [],
  handle: async ({ input }) => {
    if (input['VersionStage'] === 'AWSCURRENT') return jsonAnswer({ SecretString: 'hush' });
    throw new AwsError('ResourceNotFoundException', 'It was never rotated.');
  },
};

beforeAll(async () => {
  sqs = createSqsService({ ...where, endpointUrl: () => endpoint.url });
  endpoint = await startAwsEndpoint({ ...where, services: [sqs, secrets] });
  endpoint.onCall(({ action }) => void calls.push(action));
  const url = (name: string) => sqs.createQueue({ name }).url;
  Object.assign(process.env, {
    AWS_REGION: where.region,
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: endpoint.operatorCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: endpoint.operatorCredentials.secretAccessKey,
    WEBHOOK_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:webhook-AbCdEf',
    TIER_QUEUE_URLS: `small=${url('small')},medium=${url('medium')}`,
    LIFECYCLE_QUEUE_URL: url('lifecycle'),
    COMPLETIONS_QUEUE_URL: url('completions'),
    INSTALLATIONS_QUEUE_URL: url('installations'),
  });
  const buildFolder = join(folder, 'build');
  bundleFunctions({
    handlersFolder: 'lambdas',
    names: ['webhook'],
    deployment: givenDeployment(),
    buildFolder,
  });
  ({ handler } = (await import(bundle)) as { handler: Handler });
  await handler(signed(job)); // reads the secret
});
afterAll(async () => {
  sqs.close();
  await endpoint.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  endpoint.dials.clear();
  calls = [];
});

const job = JSON.stringify({
  action: 'queued',
  installation: { id: 7 },
  repository: { full_name: 'acme/ünïcödé', owner: { id: 70 } },
  workflow_job: { id: 11, run_id: 12, labels: ['self-hosted', 'medium'], created_at: '2026-01-01T00:00:00Z' },
});

function signed(body: string, over: Partial<FunctionUrlRequest> = {}): FunctionUrlRequest {
  const signature = createHmac('sha256', 'hush').update(body).digest('hex');
  return {
    headers: {
      'x-github-event': 'workflow_job',
      'x-github-delivery': 'd1',
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST' } },
    ...over,
  };
}

describe('the webhook function', () => {
  it('is a bundle of at most 400 KB', () => {
    expect(statSync(bundle).size).toBeLessThanOrEqual(400 * 1024);
  });

  it.each([
    { name: 'plain', request: signed(job) },
    {
      name: 'base64',
      request: signed(job, { body: Buffer.from(job).toString('base64'), isBase64Encoded: true }),
    },
  ])('queues a job with one call, from a $name body', async ({ request }) => {
    await sqs.receive('medium', { max: 10, waitSeconds: 0 });
    expect(await handler(request)).toEqual({
      statusCode: 202,
      headers: { 'content-type': 'application/json' },
      body: '{"outcome":"queued","tier":"medium"}',
    });
    expect(calls).toEqual(['SendMessage']);
    const [received] = await sqs.receive('medium', { max: 10, waitSeconds: 0 });
    expect(received?.attributes['MessageGroupId']).toBe('7');
    expect(parseMessage(received?.body ?? '')).toMatchObject({ jobId: 11, repository: 'acme/ünïcödé' });
  });

  it('makes no call for a request that it refuses', async () => {
    const headers = { ...signed(job).headers, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
    const { body: _body, ...empty } = signed('');
    expect((await handler(signed(job, { headers }))).statusCode).toBe(401);
    expect((await handler(empty)).statusCode).toBe(401);
    expect(calls).toEqual([]);
  });

  it.each([
    {
      name: 'base64',
      body: Buffer.from([0x7b, 0xff]).toString('base64'),
      isBase64Encoded: true,
      status: 400,
    },
    // Lambda has replaced the byte: whoever signed it signed something else.
    { name: 'text', body: '{\ufffd', isBase64Encoded: false, status: 401 },
  ])(
    'verifies the signature of bytes that are not UTF-8, and got as $name',
    async ({ name: _, ...given }) => {
      const { status, ...over } = given;
      const signature = createHmac('sha256', 'hush')
        .update(Buffer.from([0x7b, 0xff]))
        .digest('hex');
      const headers = { ...signed(job).headers, 'x-hub-signature-256': `sha256=${signature}` };
      expect((await handler(signed(job, { ...over, headers }))).statusCode).toBe(status);
      expect(calls).toEqual([]);
    },
  );

  it('answers 503 when the queue fails, so that GitHub records a failed delivery', async () => {
    const error = { code: 'AccessDenied', status: 403 };
    endpoint.dials.set([{ service: 'sqs', action: 'SendMessage', error }]);
    expect((await handler(signed(job))).statusCode).toBe(503);
  });

  it('answers before GitHub gives up, which is after ten seconds, if lifecycle does not answer', async () => {
    let askedAt = 0;
    const lambda = createLambdaService(where);
    const invoke = () => {
      askedAt = Date.now();
      return new Promise<never>(() => undefined);
    };
    lambda.runFunctionsBy({ names: ['test-lifecycle'], invoke });
    endpoint.use(lambda);
    // The first two facts of a process take the queue.
    const started = signed(job.replace('queued', 'in_progress'));
    for (let fact = 1; fact <= 3; fact += 1) expect((await handler(started)).statusCode).toBe(202);
    expect(askedAt).toBeGreaterThan(0);
    expect(Date.now() - askedAt).toBeLessThan(8_000);
    expect(await sqs.receive('lifecycle', { max: 10, waitSeconds: 0 })).toHaveLength(3);
  });

  it('tells a browser what it is', async () => {
    const answer = await handler({ ...signed(''), requestContext: { http: { method: 'GET' } } });
    expect(answer).toMatchObject({ statusCode: 405, headers: { allow: 'POST' } });
    expect(answer.body).toContain('webhook');
  });
});
