/**
 * A separate process: imports the webhook's bundle and calls its handler with signed requests, a fixed number of them
 * in flight. A request that is not accepted ends the measurement with an error, because refusing is cheap.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Agent, request as openRequest } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { FunctionUrlRequest } from '../../lambdas/webhook/handler.ts';
import { inFlight, type Measured, type RoundResult } from './webhook-rounds.ts';

type Handler = (request: FunctionUrlRequest) => Promise<{ readonly statusCode: number }>;

const [, , bundle = '', secret = '', plainUrl = '', rounds, secondsPerRound] = process.argv;
/** Bytes of the webhook's own request to SQS for a job. */
const messageLength = 587;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const { handler } = (await import(pathToFileURL(bundle).href)) as { handler: Handler };
const requests = signedRequests(secret);
const seconds = Number(secondsPerRound);
// The first round warms up the code and the connections, and is not counted.
await runRound(handler, requests, Math.min(1, seconds));
await runRound(bareHandler, requests, Math.min(1, seconds / 4));
await runRound(plainHandler, requests, Math.min(1, seconds));
const measured: { [Which in keyof Measured]: RoundResult[] } = { webhook: [], bare: [], plain: [] };
// Alternating, so that a busy moment of the machine affects both.
for (let round = 0; round < Number(rounds); round += 1) {
  measured.webhook.push(await runRound(handler, requests, seconds));
  measured.bare.push(await runRound(bareHandler, requests, seconds / 4));
  measured.plain.push(await runRound(plainHandler, requests, seconds));
}
process.once('disconnect', () => process.exit());
process.send?.(measured);

/** The least that a webhook can do: it checks the signature, reads the body, and answers, without any call. */
async function bareHandler({ headers, body = '' }: FunctionUrlRequest) {
  const given = Buffer.from((headers['x-hub-signature-256'] ?? '').slice('sha256='.length), 'hex');
  const isSigned = timingSafeEqual(given, createHmac('sha256', secret).update(body).digest());
  const { action } = JSON.parse(body) as { action: string };
  return { statusCode: isSigned && action === 'queued' ? 202 : 401 };
}

/** The same, and one request of Node's own client with as much as the webhook sends to SQS. */
async function plainHandler(given: FunctionUrlRequest) {
  const answer = await bareHandler(given);
  const { workflow_job, installation, action } = JSON.parse(given.body ?? '') as Record<string, unknown>;
  await post(JSON.stringify({ workflow_job, installation, action }).slice(0, messageLength));
  return answer;
}

function post(body: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = openRequest(plainUrl, { agent, method: 'POST' }, (response) => {
    response.resume().once('end', resolve).once('error', reject);
  });
  request.once('error', reject).end(body);
  return promise;
}

/** GitHub's own example of a queued job, for each of a few hundred different jobs. */
function signedRequests(secret: string): FunctionUrlRequest[] {
  const example = queuedExample();
  return Array.from({ length: 500 }, (_, number) => {
    const workflowJob = { ...example.workflow_job, id: 5_000_000 + number, labels: ['self-hosted', 'small'] };
    const installation = { id: 1 + (number % 20), node_id: 'MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMQ==' };
    const body = JSON.stringify({ ...example, workflow_job: workflowJob, installation });
    return {
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'workflow_job',
        'x-github-delivery': `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`,
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST' } },
    };
  });
}

function queuedExample(): { readonly workflow_job: object } {
  type Payload = { readonly action: string; readonly workflow_job: object };
  const events = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json') as {
    name: string;
    examples: Payload[];
  }[];
  const payloads = events.find(({ name }) => name === 'workflow_job')?.examples ?? [];
  const queued = payloads.find(({ action }) => action === 'queued');
  if (!queued) throw new Error("GitHub's examples contain no queued workflow_job; check their index.json.");
  return queued;
}

async function runRound(
  handler: Handler,
  requests: readonly FunctionUrlRequest[],
  seconds: number,
): Promise<RoundResult> {
  const milliseconds: number[] = [];
  const processorBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const sendOneAfterAnother = async () => {
    while (performance.now() < endsAt) {
      const sentAt = performance.now();
      const { statusCode } = await handler(requests[milliseconds.length % requests.length]!);
      if (statusCode !== 202) throw new Error(`A signed request was answered with ${statusCode}, not 202.`);
      milliseconds.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sendOneAfterAnother));
  const took = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(processorBefore);
  milliseconds.sort((one, other) => one - other);
  return {
    requestsPerSecond: (milliseconds.length / took) * 1000,
    p99: milliseconds[Math.floor(milliseconds.length * 0.99)] ?? Number.NaN,
    cpu: (user + system) / 1000 / milliseconds.length,
  };
}
