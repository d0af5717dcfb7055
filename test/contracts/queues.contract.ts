/** What every Queues promises, whatever holds the messages. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Message } from '../../lib/contract/messages.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { acme, givenEvent, small } from '../support/given.ts';

export interface QueuesWorld {
  readonly queues: Queues;
  /** What can be received now, oldest first, taken out. */
  take(
    queue: 'small' | 'lifecycle' | 'completions' | 'installations',
  ): Promise<{ message: Message; group?: string | undefined }[]>;
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

    it('hold a delayed message back', async () => {
      await world.queues.sendToTier(
        small,
        { kind: 'poke', installationId: acme, tier: small },
        { delaySeconds: 5 },
      );
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
      const completed = givenEvent({ action: 'completed', conclusion: 'success' });
      await world.queues.sendToCompletions(completed);
      await world.queues.sendToInstallations(changed);
      const group = String(acme);
      expect(await world.take('lifecycle')).toEqual([{ message: drain, group }]);
      expect(await world.take('completions')).toEqual([{ message: completed, group }]);
      expect(await world.take('installations')).toEqual([{ message: changed, group }]);
    });

    it('carry characters that SQS takes in no body as they are', async () => {
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
  });
}
