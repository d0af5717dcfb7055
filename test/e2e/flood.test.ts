/**
 * Strangers flood both public functions, in an account whose concurrency is bounded. If these functions have reserved
 * concurrency, they cannot take more: a waiting job gets a machine during the flood. If not, the flood may take all
 * copies; then work waits, and is done afterwards.
 */
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configWith } from '../config/configurations.ts';
import { letDeadlinePass } from './support/overdue.ts';
import { until } from './support/until.ts';
import { endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

let world: World | undefined;
let flood: { end(): Promise<void> } | undefined;
afterEach(async () => {
  await flood?.end();
  await world?.close();
});

const throttles = (name: string) => world!.laptop.functions.usage().get(`my-saas-${name}`)!.throttles;

/** Enough requests at once to each function that more than its share is always in progress. */
function startFlood({ webhookUrl, claimUrl }: World['laptop'], atOnce = 8) {
  let isOver = false;
  const pour = async (url: string) => {
    while (!isOver) {
      const answer = await fetch(url, { method: 'POST', body: '{"not":"ours"}' });
      await answer.arrayBuffer();
    }
  };
  const streams = [webhookUrl, new URL('claim', claimUrl).href].flatMap((url) =>
    Array.from({ length: atOnce }, () => pour(url)),
  );
  return {
    async end() {
      isOver = true;
      await Promise.all(streams);
    },
  };
}

/** A tenant of one machine, which runs a job without end, while another job waits for it. */
async function givenWaitingJob(options: Parameters<typeof startWorld>[0]) {
  world = await startWorld(options);
  const acme = await world.install('acme', { maxRunners: 1 });
  const running = world.queue(acme, tierLabels('small'), endlessMilliseconds);
  await world.untilRunning([running]);
  const waiting = world.queue(acme, tierLabels('small'));
  await world.untilJob(acme, waiting, { state: 'waiting', reason: 'tenant-limit' });
  const [machine] = world.laptop.ec2.instances();
  return { world, waiting, instanceId: machine!.instanceId };
}

async function endMachine({ laptop }: World, instanceId: string) {
  const { endpointUrl: endpoint, region, operatorCredentials: credentials } = laptop;
  const ec2 = new EC2Client({ endpoint, region, credentials });
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  ec2.destroy();
}

describe('a flood of the public functions', () => {
  it('uses no more than their share, so that a free lease still becomes a machine', async () => {
    const config = configWith({ reservedConcurrency: { webhook: 3, claim: 3 } });
    const { world, waiting, instanceId } = await givenWaitingJob({ config, accountConcurrency: 16 });
    flood = startFlood(world.laptop);
    await until('both functions are throttled', () => throttles('webhook') > 0 && throttles('claim') > 0);
    // EC2 reports the machine's end despite the flood.
    await endMachine(world, instanceId);
    await until('the job that waits has a machine', () => world.laptop.ec2.instances().length === 2);
    expect(throttles('scale-up') + throttles('lifecycle')).toBe(0);
    await flood.end();
    await world.untilCompleted([waiting]);
  });

  it('may use all concurrency if none is reserved; delayed work is done afterwards', async () => {
    const { world, waiting, instanceId } = await givenWaitingJob({ accountConcurrency: 6 });
    flood = startFlood(world.laptop);
    await until('another function is throttled, too', async () => {
      await world.laptop.functions.invoke('my-saas-reconciler', {});
      return throttles('reconciler') > 0;
    });
    await endMachine(world, instanceId);
    await flood.end();
    // EC2's report may be in a message that is hidden for minutes. The row's deadline does not wait for messages.
    await letDeadlinePass(world, instanceId);
    await until('the job that waits has a machine', async () => {
      await world.sweep();
      return world.laptop.ec2.instances().length === 2;
    });
    await world.untilCompleted([waiting]);
  });
});
