import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deadLetters } from '../../lib/cli/dead-letters.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import type { AwsService } from '../../lib/local/aws/service.ts';
import { createSqsService, type SqsService } from '../../lib/local/aws/sqs.ts';
import config from '../../mayfly.config.ts';
import { givenEvent } from '../support/given.ts';
import { recordingIo } from './support.ts';

const where = { region: config.region, accountId: '111122223333' };
const names = [
  'small-builds',
  'medium-builds',
  'large-builds',
  'lifecycle',
  'completions',
  'installations',
  'admission',
];

/** A job's row that says that it waits for a machine. */
const table: AwsService = {
  service: 'dynamodb',
  questions: () => [],
  handle: async () => ({
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ Item: { state: { S: 'waiting' }, reason: { M: { text: { S: 'No room.' } } } } }),
  }),
};

let endpoint: AwsEndpoint;
let queues: SqsService;
beforeEach(async () => {
  queues = createSqsService({ ...where, endpointUrl: () => endpoint.url });
  endpoint = await startAwsEndpoint({ ...where, services: [queues, table] });
  for (const name of names) {
    queues.createQueue({ name: `my-saas-${name}` });
    queues.createQueue({ name: `my-saas-${name}-dead-letters` });
  }
});
afterEach(async () => {
  queues.close();
  await endpoint.close();
});

async function run(...args: string[]) {
  const { accessKeyId, secretAccessKey } = endpoint.operatorCredentials;
  const environment = {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const { io, printed } = recordingIo();
  const status = await runCommand([deadLetters], ['dead-letters', ...args], { config, io, environment });
  return { status, ...printed() };
}

describe('mayfly dead-letters', () => {
  it('says that there are none', async () => {
    expect(await run()).toMatchObject({ status: 0, out: 'No dead letters.\n' });
  });

  it('shows what a message is about, its current state, and where its errors are', async () => {
    const body = JSON.stringify(givenEvent());
    const { messageId } = queues.send('my-saas-small-builds-dead-letters', body);
    const { status, out } = await run();
    expect(status).toBe(1);
    expect(out).toContain('job 1 of acme/app is queued');
    expect(out).toContain('The job is waiting now: No room.');
    expect(out).toMatch(new RegExp(`/aws/lambda/my-saas-scale-up --filter-pattern '"${messageId}"'`));
    expect(queues.counts('my-saas-small-builds-dead-letters')).toMatchObject({ visible: 1, inFlight: 0 });
  });

  it('lists at most a hundred of a queue, which nobody else sees for half a minute', async () => {
    for (let n = 0; n < 130; n += 1) queues.send('my-saas-lifecycle-dead-letters', `{"kind":"rubbish${n}"}`);
    const hiddenFor: unknown[] = [];
    const receive = queues.handle;
    endpoint.use({
      ...queues,
      handle(call) {
        if (call.action === 'ReceiveMessage') hiddenFor.push(call.input['VisibilityTimeout']);
        return receive.call(queues, call);
      },
    });
    expect(JSON.parse((await run('--json')).out)).toHaveLength(100);
    expect(new Set(hiddenFor)).toEqual(new Set([30]));
    expect(queues.counts('my-saas-lifecycle-dead-letters')).toMatchObject({ visible: 130, inFlight: 0 });
  });

  it('says what is wrong with an unreadable message', async () => {
    queues.send('my-saas-lifecycle-dead-letters', '{"kind":"rubbish"}');
    const letters = JSON.parse((await run('--json')).out);
    expect(letters).toMatchObject([
      {
        queue: 'my-saas-lifecycle',
        what: '{"kind":"rubbish"}',
        why: expect.stringContaining('allowed values are'),
      },
    ]);
  });

  it('keeps escape sequences of a message off the terminal', async () => {
    const hostile = '\u001b]0;owned\u0007\u001b[2J\u009b31mred\u202e\u2028next';
    // SQS takes no raw control character of ASCII; as JSON writes them, it takes them all.
    queues.send('my-saas-lifecycle-dead-letters', JSON.stringify({ kind: hostile }));
    queues.send(
      'my-saas-small-builds-dead-letters',
      JSON.stringify(givenEvent({ repository: `acme/${hostile}` })),
    );
    const { out } = await run();
    expect(out).toContain('red');
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  });

  it('sends the messages of one queue back to it, and leaves the others', async () => {
    for (const name of ['small-builds', 'lifecycle']) queues.send(`my-saas-${name}-dead-letters`, '{}');
    expect(await run('--send-back', 'my-saas-lifecycle')).toMatchObject({ status: 0 });
    expect(queues.counts('my-saas-lifecycle').visible).toBe(1);
    expect(queues.counts('my-saas-lifecycle-dead-letters').visible).toBe(0);
    expect(queues.counts('my-saas-small-builds-dead-letters').visible).toBe(1);
  });

  it('says as JSON, too, that messages are sent back', async () => {
    const { status, out } = await run('--send-back', 'my-saas-lifecycle', '--json');
    expect([status, JSON.parse(out)]).toEqual([0, { queue: 'my-saas-lifecycle', moving: true }]);
  });

  it('does not send to a queue that is not the platform’s', async () => {
    expect(await run('--send-back', 'payroll')).toMatchObject({
      status: 2,
      error: expect.stringContaining('my-saas-lifecycle'),
    });
  });
});
