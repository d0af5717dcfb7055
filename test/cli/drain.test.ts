import { afterEach, describe, expect, it } from '@jest/globals';
import { drain } from '../../lib/cli/drain.ts';
import { run, type ScriptedAws, startScriptedAws } from './support.ts';

let aws: ScriptedAws | undefined;
afterEach(() => aws?.close());

/** An environment with these machines; terminated ones are shown no more. */
async function givenMachines(...ids: string[]) {
  const live = new Set(ids);
  let mappingEnabled = true;
  aws = await startScriptedAws(({ action, input }) => {
    if (action === 'GET /2015-03-31/event-source-mappings')
      return { json: { EventSourceMappings: [{ UUID: 'mapping-1' }] } };
    if (action === 'PUT /2015-03-31/event-source-mappings/mapping-1') {
      mappingEnabled = input['Enabled'] === true;
      return { json: { UUID: 'mapping-1' } };
    }
    if (action.endsWith('.Query')) return { json: { Items: [], Count: 0 } };
    if (action === 'TerminateInstances') {
      for (const [name, value] of Object.entries(input))
        if (name.startsWith('InstanceId.')) live.delete(String(value));
      return { xml: '<TerminateInstancesResponse/>' };
    }
    const items = [...live].map((id) => `<item><instanceId>${id}</instanceId></item>`).join('');
    return {
      xml: `<DescribeInstancesResponse><reservationSet><item><instancesSet>${items}</instancesSet></item></reservationSet></DescribeInstancesResponse>`,
    };
  });
  return { url: aws.url, live, isReading: () => mappingEnabled, asked: aws.asked };
}

describe('mayfly drain', () => {
  it('shows what would end, and changes nothing', async () => {
    const { url, live, isReading } = await givenMachines('i-1', 'i-2');
    expect(await run(drain, [], url)).toMatchObject({
      status: 0,
      out: expect.stringContaining('Would terminate 2 machines of my-saas: i-1, i-2'),
    });
    expect(live.size).toBe(2);
    expect(isReading()).toBe(true);
  });

  it('refuses to stop and to start again at once', async () => {
    const { url, asked } = await givenMachines('i-1');
    expect(await run(drain, ['--yes', '--resume'], url)).toMatchObject({
      status: 2,
      error: expect.stringContaining('Give --yes to stop, or --resume to start again, not both.'),
    });
    expect(asked).toEqual([]);
  });

  it('stops scale-up before it ends the machines of this environment, and waits until none is left', async () => {
    const { url, live, isReading, asked } = await givenMachines('i-1', 'i-2');
    expect(await run(drain, ['--yes'], url)).toMatchObject({
      status: 0,
      out: expect.stringContaining(
        'No machines are left. No job gets one until: npx mayfly drain --resume\n',
      ),
    });
    expect([live.size, isReading()]).toEqual([0, false]);
    const actions = asked.map(({ action }) => action);
    expect(actions.findIndex((action) => action.startsWith('PUT'))).toBeLessThan(
      actions.indexOf('TerminateInstances'),
    );
    expect(asked.find(({ action }) => action === 'DescribeInstances')?.input).toMatchObject({
      'Filter.1.Name': 'tag:ghr:environment',
      'Filter.1.Value.1': 'my-saas',
    });
  });

  it('gives up after half an hour, and says what is left', async () => {
    const { url, live, asked } = await givenMachines('i-1');
    const looks = () => asked.filter(({ action }) => action === 'DescribeInstances').length;
    // EC2 does not end it, until this has waited for too long.
    live.delete = () => (looks() < 3 ? false : Set.prototype.delete.call(live, 'i-1'));
    const { now } = Date;
    Date.now = () => now() + Math.max(0, looks() - 1) * 31 * 60_000;
    const drained = await run(drain, ['--yes'], url).finally(() => {
      Date.now = now;
    });
    expect(drained).toMatchObject({
      status: 2,
      error: expect.stringContaining('After 30 minutes these are still there: i-1.'),
    });
  });

  it('lets scale-up run again', async () => {
    const { url, isReading } = await givenMachines();
    await run(drain, ['--yes'], url);
    await run(drain, ['--resume'], url);
    expect(isReading()).toBe(true);
  });

  it('switches the queue of each tier, also those on later pages of the list', async () => {
    const reading = new Map([1, 2, 3].map((n) => [`/2015-03-31/event-source-mappings/m${n}`, true]));
    let looks = 0;
    const pages = [[{ UUID: 'm1' }, { UUID: 'm2' }], [{ UUID: 'm3' }]];
    aws = await startScriptedAws(({ action, input }) => {
      const [method, path = ''] = action.split(' ');
      if (method === 'PUT') reading.set(path, input['Enabled'] === true);
      if (method === 'GET') {
        const isLast = looks++ % 2 === 1;
        const next = isLast ? {} : { NextMarker: 'more' };
        return { json: { EventSourceMappings: pages[isLast ? 1 : 0], ...next } };
      }
      if (action === 'DescribeInstances') return { xml: '<DescribeInstancesResponse/>' };
      return { json: { Items: [], Count: 0 } };
    });
    const { out } = await run(drain, ['--yes'], aws.url);
    expect(out).toContain('Stopped reading 3 queues');
    expect([...reading.values()]).toEqual([false, false, false]);
    expect((await run(drain, ['--resume'], aws.url)).out).toContain('reading 3 queues');
    expect([...reading.values()]).toEqual([true, true, true]);
  });
});
