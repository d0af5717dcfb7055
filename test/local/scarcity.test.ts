/**
 * Scarcity on the laptop: the synthesized functions, with the permissions of their roles, when spot has no machine
 * and a cap over all tenants is reached.
 */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Laptop, startLaptop } from '../../lib/local/laptop.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import { configWith, tierWith } from '../config/configurations.ts';
import { eventually } from './lambda/fake-cloud.ts';

const account = { login: 'acme', id: 501, type: 'Organization' };
const installation = { id: 77, account };
const repository = { id: 601, name: 'web', full_name: 'acme/web', private: true, owner: account };

async function post(laptop: Laptop, event: string, payload: object): Promise<void> {
  const body = JSON.stringify(payload);
  const hash = createHmac('sha256', laptop.webhookSecret).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': crypto.randomUUID(),
    'x-hub-signature-256': `sha256=${hash}`,
  };
  const { status } = await fetch(laptop.webhookUrl, { method: 'POST', body, headers });
  expect(status).toBeLessThan(300);
}

const queueJob = (laptop: Laptop, id: number) =>
  post(laptop, 'workflow_job', {
    action: 'queued',
    installation,
    repository,
    workflow_job: {
      id,
      run_id: id,
      labels: ['self-hosted', 'small'],
      created_at: new Date().toISOString(),
      status: 'queued',
    },
  });

describe('a laptop with one machine for all tenants and no spot capacity', () => {
  const events: LaptopEvent[] = [];
  let laptop: Laptop;
  beforeAll(async () => {
    const config = configWith({
      caps: { machinesInAll: 1 },
      tiers: { small: tierWith({ spot: true, capOverAllTenants: 1 }) },
    });
    laptop = await startLaptop({
      config,
      onEvent: (event) => events.push(event),
      bootMilliseconds: 20,
      prewarm: 0,
    });
    laptop.ec2.setDials({ capacity: [{ pool: 'spot:t3.medium', available: 0 }] });
  });
  afterAll(() => laptop?.close());

  it('runs both jobs of a tenant on demand, one after the other, with what its roles allow', async () => {
    await post(laptop, 'installation', { action: 'created', installation });
    await eventually(() => events.some(({ text }) => text.includes('"tenant-provisioned"')));
    await Promise.all([queueJob(laptop, 9001), queueJob(laptop, 9002)]);
    const done = () => laptop.github.state().jobs.filter(({ status }) => status === 'completed').length;
    const mostAtOnce: number[] = [];
    await eventually(() => {
      mostAtOnce.push(laptop.ec2.instances().filter(({ state }) => state !== 'terminated').length);
      return done() === 2;
    });
    expect(Math.max(...mostAtOnce)).toBeLessThanOrEqual(1);
    expect(laptop.ec2.instances()).toMatchObject([{ lifecycle: 'on-demand' }, { lifecycle: 'on-demand' }]);
    expect(events.filter(({ kind }) => kind === 'denied' || kind === 'fault')).toEqual([]);
  });
});
