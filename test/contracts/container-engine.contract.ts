/**
 * What every container engine must do for a single host. Run on the fake, and on the adapter with a command line; a
 * conformance check runs it on a real engine, if there is one.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Container, ContainerEngine, NewContainer } from '../../lib/ports/container-engine.ts';

export interface EngineContractWorld {
  readonly engine: ContainerEngine;
  /** An image whose program runs until it is told to end. */
  readonly image: string;
  /** The arguments with which such a container's program starts. */
  readonly environment: Readonly<Record<string, string>>;
  /** One of the processes of such a container. */
  readonly program: string;
  stop(): Promise<void>;
}

const own = ['dev.mayfly.host', 'one'] as const;

export function containerEngineContract(what: string, start: () => Promise<EngineContractWorld>): void {
  describe(`a container engine: ${what}`, () => {
    let world: EngineContractWorld;
    beforeAll(async () => {
      world = await start();
    });
    /** Those that the test started: on a command line, each question is a process. */
    const started = new Set<string>();
    const run = (container: NewContainer) => {
      started.add(container.name);
      return world.engine.run(container);
    };
    afterEach(async () => {
      for (const name of started) {
        started.delete(name);
        await world.engine.stop(name, 0);
        await world.engine.remove(name);
      }
    });
    afterAll(() => world.stop());

    const wanted = (name: string, host = 'one'): NewContainer => ({
      name,
      image: world.image,
      labels: { 'dev.mayfly.host': host, 'dev.mayfly.place': '{"kind":"organization"}' },
      environment: world.environment,
      limits: {},
    });
    const listed = async () =>
      [...(await world.engine.list(own))].sort((a: Container, b: Container) => a.name.localeCompare(b.name));

    /** Its program may need a moment; what has ended never runs again. */
    const untilItRuns = async () => {
      for (let runs: boolean | undefined = false; !runs; ) {
        runs = await world.engine.runs('mayfly-a', world.program);
        if (runs === undefined) throw new Error(`It has ended: ${await world.engine.logs('mayfly-a', 10)}`);
      }
    };

    it('reports its version, and whether an image exists', async () => {
      expect(await world.engine.version()).toMatch(/^\d+\./);
      expect(await world.engine.image(world.image)).toMatchObject({ id: expect.stringContaining('') });
      expect(await world.engine.image('localhost/nobody-built-this')).toBeUndefined();
    });

    it('lists the containers of one host, with their labels', async () => {
      await run(wanted('mayfly-a'));
      await run(wanted('mayfly-b', 'another'));
      const labels = { 'dev.mayfly.place': '{"kind":"organization"}' };
      expect(await listed()).toMatchObject([{ name: 'mayfly-a', state: 'running', labels }]);
    });

    it('refuses a name that is taken, and leaves the container that has it', async () => {
      await run(wanted('mayfly-a'));
      await expect(run(wanted('mayfly-a'))).rejects.toMatchObject({ code: 'engine-refused' });
      expect(await listed()).toMatchObject([{ name: 'mayfly-a', state: 'running' }]);
    });

    it('refuses a missing image, and fetches none', async () => {
      const container = { ...wanted('mayfly-a'), image: 'localhost/nobody-built-this' };
      await expect(run(container)).rejects.toMatchObject({ code: 'engine-refused' });
    });

    it('lists the processes of a running container', async () => {
      await run(wanted('mayfly-a'));
      expect(await world.engine.runs('mayfly-a', 'Runner.Nobody')).toBe(false);
      await untilItRuns();
      await world.engine.stop('mayfly-a', 30);
      expect(await world.engine.runs('mayfly-a', world.program)).toBeUndefined();
    });

    it('keeps what one printed until it is removed, and then forgets it', async () => {
      await run(wanted('mayfly-a'));
      await untilItRuns();
      await world.engine.stop('mayfly-a', 30);
      expect(await listed()).toMatchObject([{ name: 'mayfly-a', state: 'ended' }]);
      expect(await world.engine.logs('mayfly-a', 100)).toEqual(expect.any(String));
      await world.engine.remove('mayfly-a');
      expect(await listed()).toEqual([]);
    });

    it('follows what one prints to its end', async () => {
      await run(wanted('mayfly-a'));
      await untilItRuns();
      let heard = '';
      const followed = world.engine.follow('mayfly-a', 100, (text) => {
        heard += text;
      });
      await world.engine.stop('mayfly-a', 30);
      expect(await followed).toBe(true);
      expect(heard.trim()).toBe((await world.engine.logs('mayfly-a', 100)).trim());
    });

    it('does not remove a running container, as it may have a job', async () => {
      await run(wanted('mayfly-a'));
      await expect(world.engine.remove('mayfly-a')).rejects.toMatchObject({ code: 'engine-refused' });
      expect(await listed()).toMatchObject([{ name: 'mayfly-a', state: 'running' }]);
    });

    it('accepts that a container is already gone', async () => {
      await world.engine.stop('mayfly-gone', 1);
      await world.engine.remove('mayfly-gone');
      expect(await world.engine.logs('mayfly-gone', 10)).toBe('');
      const told = (text: string) => {
        throw new Error(`It printed: ${text}`);
      };
      expect(await world.engine.follow('mayfly-gone', 10, told)).toBe(false);
      expect(await world.engine.runs('mayfly-gone', 'bash')).toBeUndefined();
    });
  });
}
