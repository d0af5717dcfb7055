/**
 * The laptop as a whole: the synthesized app runs, IAM applies, hand-signed webhooks are adopted, and nothing is left
 * behind.
 */
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drain } from '../../lib/cli/drain.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { metrics } from '../../lib/contract/metrics.ts';
import { type Laptop, startLaptop } from '../../lib/local/laptop.ts';
import { createLaptopCloud } from '../../lib/local/laptop-cloud.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import { startServices } from '../../lib/local/laptop-services.ts';
import { loadAssembly } from '../../lib/local/template/assembly.ts';
import { createAssembly } from '../../lib/local/template/load.ts';
import { registry } from '../../lib/local/template/registry.ts';
import config from '../../mayfly.config.ts';
import { recordingIo } from '../cli/support.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { eventually } from './lambda/fake-cloud.ts';
import { functionResources, givenAssembly, queue, queueArn } from './template/given-assembly.ts';

const account = { login: 'acme', id: 501, type: 'Organization' };
const installation = { id: 77, account };
const repository = { id: 601, name: 'web', full_name: 'acme/web', private: true, owner: account };

function post(laptop: Laptop, event: string, payload: object, secret = laptop.webhookSecret) {
  const body = JSON.stringify(payload);
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return fetch(laptop.webhookUrl, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': crypto.randomUUID(),
      'x-hub-signature-256': signature,
    },
  });
}

interface MetricLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: string[][];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

const metricsOf = (line: MetricLine) =>
  line._aws.CloudWatchMetrics.flatMap(({ Dimensions: sets, Metrics }) =>
    Metrics.map(({ Name: name }) => ({ name, sets, line })),
  );

describe('the laptop', () => {
  const events: LaptopEvent[] = [];
  let laptop: Laptop;
  beforeAll(async () => {
    laptop = await startLaptop({ onEvent: (event) => events.push(event), bootMilliseconds: 20 });
  });
  afterAll(() => laptop?.close());

  it('reports its progress until it is ready', () => {
    const steps = events.filter(({ kind }) => kind === 'progress').map(({ text }) => text);
    expect(steps.at(-1)).toBe('ready');
    expect(laptop.outputs['WebhookEndpoint']).toBe(laptop.webhookUrl);
  });

  it('has loaded the functions that all jobs need, and no others', () => {
    const { functions, environment } = laptop;
    const loaded = functions.names.filter((name) => functions.processIds(name).length > 0);
    const names = loaded.map((name) => name.replace(`${environment}-`, ''));
    // On a busy machine a schedule's minute may already be over.
    const onSchedule = ['sweep', 'reconciler', 'runner-syncer'];
    const forAllJobs = ['claim', 'lifecycle', 'scale-up', 'tenant-manager', 'webhook'];
    expect(names.filter((name) => !onSchedule.includes(name)).sort()).toEqual(forAllJobs);
  });

  it('refuses a webhook that is signed with another secret, and adopts nothing from it', async () => {
    const response = await post(laptop, 'installation', { action: 'created', installation }, 'guess');
    expect([response.status, laptop.github.state().installations]).toEqual([401, []]);
  });

  it('runs the job of a hand-signed webhook, and ends its machine', async () => {
    await post(laptop, 'installation', { action: 'created', installation });
    const isTenant = () => events.some(({ text }) => text.includes('"tenant-provisioned"'));
    await eventually(isTenant);
    const job = {
      id: 9001,
      run_id: 8001,
      labels: ['self-hosted', 'small'],
      created_at: new Date().toISOString(),
    };
    const payload = {
      action: 'queued',
      installation,
      repository,
      workflow_job: { ...job, status: 'queued' },
    };
    expect((await post(laptop, 'workflow_job', payload)).status).toBeLessThan(300);
    const jobs = () => laptop.github.state().jobs;
    await eventually(() => jobs().some(({ id, status }) => id === 9001 && status === 'completed'));
    await eventually(() => laptop.ec2.instances().every(({ state }) => state === 'terminated'));
    expect(laptop.ec2.instances()).toHaveLength(1);
    expect(events.filter(({ kind }) => kind === 'denied' || kind === 'fault')).toEqual([]);
  });

  it('measures the job with metrics of the catalogue, in matching dimensions', async () => {
    const told = () =>
      events
        .filter(({ kind, text }) => kind === 'log' && text.includes('"_aws"'))
        .flatMap(({ text }) => metricsOf(JSON.parse(text)));
    const phases = ['LeasedToLaunched', 'LeasedToClaimed', 'ClaimedToListening', 'QueuedToStarted'];
    // A short job may be over before its start is recorded; such a start has no phases to report.
    const asked = { repository: 'acme/web', labels: ['self-hosted', 'small'], milliseconds: 600_000 };
    const { jobId } = laptop.github.queueJob(asked);
    const jobs = () => laptop.github.state().jobs;
    await eventually(() => jobs().some(({ id, status }) => id === jobId && status === 'in_progress'));
    await eventually(() =>
      phases.every((phase) => told().some(({ name }) => name === `${phase}Milliseconds`)),
    );
    laptop.github.cancelJob(jobId);
    await eventually(() => laptop.ec2.instances().every(({ state }) => state === 'terminated'));
    for (const { name, sets, line } of nonEmpty(told())) {
      const known = metrics[name as keyof typeof metrics];
      expect({ name, sets }).toEqual({
        name,
        sets: known.sets.map((set) => ['environment', ...set]),
      });
      for (const dimension of nonEmpty(sets.flat())) expect(line[dimension]).toEqual(expect.any(String));
    }
  });

  it('can be drained, and reads its queues again after --resume', async () => {
    const environment = {
      AWS_ENDPOINT_URL: laptop.endpointUrl,
      AWS_ACCESS_KEY_ID: laptop.operatorCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: laptop.operatorCredentials.secretAccessKey,
    };
    const { io, printed } = recordingIo();
    const run = (...args: string[]) => runCommand([drain], ['drain', ...args], { config, io, environment });
    expect([await run('--yes'), printed().error]).toEqual([0, '']);
    expect(printed().out).toMatch(/Stopped reading 3 queues.*\n(.*\n)*No machines are left/);
    laptop.github.install({ login: 'drained' });
    await eventually(() => events.some(({ text }) => text.includes('"accountLogin":"drained"')));
    const { jobId } = laptop.github.queueJob({
      repository: 'drained/app',
      labels: ['self-hosted', 'small'],
    });
    await laptop.github.settle();
    await eventually(() => laptop.queues.counts('my-saas-small-builds').visible >= 1);
    expect(await run('--resume')).toBe(0);
    await eventually(() =>
      laptop.github.state().jobs.some(({ id, status }) => id === jobId && status === 'completed'),
    );
  });

  it('leaves no process and no port when it is closed', async () => {
    const processIds = laptop.functions.names.flatMap((name) => laptop.functions.processIds(name));
    expect(processIds.length).toBeGreaterThan(0);
    await laptop.close();
    expect(processIds.filter((id) => existsSync(`/proc/${id}`))).toEqual([]);
    for (const url of [laptop.webhookUrl, laptop.claimUrl, laptop.endpointUrl, laptop.github.url]) {
      await expect(fetch(url)).rejects.toThrow('fetch failed');
    }
  });
});

describe("a function's own policies", () => {
  it('decide what it may call: one queue but not the other', async () => {
    const sdk = import.meta.resolve('@aws-sdk/client-sqs');
    const source = `import { SendMessageCommand, SQSClient } from ${JSON.stringify(sdk)};
      const client = new SQSClient({});
      export const handler = async ({ name }) => {
        const QueueUrl = process.env.AWS_ENDPOINT_URL + '/000000000000/' + name;
        return client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })).then(() => 'sent', (e) => e.message);
      };`;
    const may = [{ actions: ['sqs:SendMessage'], resource: queueArn }];
    const Other = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'other' } };
    const Resources = { ...queue, Other, ...functionResources(may, { Timeout: 10 }) };
    const { directory, remove } = givenAssembly({ app: { Resources } }, source);
    const services = await startServices({ region: 'us-east-1', emit: () => {} });
    const hooks = { portFor: () => 0, tap: async () => {} };
    const { cloud, functions, close } = createLaptopCloud({
      region: 'us-east-1',
      services,
      emit: () => {},
      ...hooks,
    });
    try {
      await createAssembly(loadAssembly(directory), registry, cloud);
      expect(await functions.invoke('worker', { name: 'builds' })).toEqual({ payload: 'sent' });
      const denial = {
        payload: expect.stringMatching(/worker is not authorized to perform: sqs:SendMessage on .*other/),
      };
      expect(await functions.invoke('worker', { name: 'other' })).toEqual(denial);
    } finally {
      await close();
      await services.close();
      remove();
    }
  });
});
