/** What every Queues promises, on any implementation. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobEvent, Message } from '../../lib/contract/messages.ts';
import { InstanceId } from '../../lib/core/ids.ts';
import type { Arrival, Arrivals } from '../../lib/ports/arrivals.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { acme, givenEvent, small } from '../support/given.ts';

export interface QueuesWorld {
  readonly queues: Queues;
  /** Removes and returns the messages that can be received now, oldest first. */
  take(
    queue: 'small' | 'lifecycle' | 'completions' | 'installations',
  ): Promise<{ message: Message; group?: string | undefined }[]>;
  readonly arrivals: Arrivals;
  /** As if the messages' visibility timeout had passed. */
  showAgain(arrivals: readonly Arrival[]): Promise<void>;
  close(): Promise<void>;
}

export function queuesContract(name: string, open: () => Promise<QueuesWorld>): void {
  describe(`queues ${name}`, () => {
    let world: QueuesWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("keep a tier's message whole, in the group of its tenant", async () => {
      const message = givenEvent({ repository: 'acme/ünïcödé', labels: ['self-hosted', '"quoted"'] });
      await world.queues.sendToTier(small, message);
      expect(await world.take('small')).toEqual([{ message, group: String(acme) }]);
    });

    it.each([5, 5_000])('delay a message by %i s, or by SQS’s maximum', async (delaySeconds) => {
      const poke = { kind: 'poke', installationId: acme, tier: small } as const;
      await world.queues.sendToTier(small, poke, { delaySeconds });
      expect(await world.take('small')).toEqual([]);
    });

    it('keep lifecycle, completion and installation messages apart', async () => {
      const drain = { kind: 'drain-tenant', installationId: acme } as const;
      const changed = {
        kind: 'installation',
        event: 'installation.created',
        installationId: acme,
        repositoriesRemoved: ['acme/app'],
        delivery: 'd1',
      } as const;
      await world.queues.sendToLifecycle(drain);
      const about = { installationId: acme, instanceId: InstanceId('i-1') };
      const found = { kind: 'instance', ...about, state: 'terminated' } as const;
      await world.queues.sendToLifecycle(found);
      const completed = givenEvent({ action: 'completed', conclusion: 'success' });
      await world.queues.sendToCompletions(completed);
      await world.queues.sendToInstallations(changed);
      const group = String(acme);
      expect(await world.take('lifecycle')).toEqual([
        { message: drain, group },
        { message: found, group },
      ]);
      expect(await world.take('completions')).toEqual([{ message: completed, group }]);
      expect(await world.take('installations')).toEqual([{ message: changed, group }]);
    });

    it('carry characters that SQS does not accept in a body', async () => {
      const message = givenEvent({ labels: ['\ufffe', '\uffff', '\u0000', '\u0085', '🐛'] });
      await world.queues.sendToTier(small, message);
      expect(await world.take('small')).toEqual([{ message, group: String(acme) }]);
    });

    it('lose none of many sends at once', async () => {
      const sends = Array.from({ length: 8 }, (_, n) => givenEvent({ delivery: `d${n}` }));
      await Promise.all(sends.map((message) => world.queues.sendToLifecycle(message)));
      const received = (await world.take('lifecycle')).map(
        ({ message }) => (message as { delivery: string }).delivery,
      );
      expect(received.sort()).toEqual(sends.map(({ delivery }) => delivery));
    });

    it('deliver waiting messages once to a function that receives more, and none if there are none', async () => {
      const { queues, arrivals } = world;
      expect(await arrivals.take(small)).toEqual([]);
      const sends = Array.from({ length: 12 }, (_, n) => givenEvent({ delivery: `d${n}` }));
      for (const message of sends) await queues.sendToTier(small, message);
      const first = await arrivals.take(small);
      const second = await arrivals.take(small);
      expect(first).toHaveLength(10);
      const deliveries = [...first, ...second].map(({ body }) => (JSON.parse(body) as JobEvent).delivery);
      expect(deliveries.sort()).toEqual(sends.map(({ delivery }) => delivery).sort());
      expect(await arrivals.take(small)).toEqual([]);
      await arrivals.done(small, first);
      await arrivals.done(small, second);
    });

    it('redeliver a message that was not deleted, and never one that was', async () => {
      const { queues, arrivals } = world;
      await queues.sendToTier(small, givenEvent({ delivery: 'kept' }));
      await queues.sendToTier(small, givenEvent({ delivery: 'done' }));
      const taken = await arrivals.take(small);
      const isDone = ({ body }: Arrival) => body.includes('"done"');
      await arrivals.done(small, taken.filter(isDone));
      await arrivals.done(small, []);
      await world.showAgain(taken.filter((arrival) => !isDone(arrival)));
      const again = await arrivals.take(small);
      expect(again.map(({ body }) => (JSON.parse(body) as JobEvent).delivery)).toEqual(['kept']);
      await arrivals.done(small, again);
    });
  });
}
