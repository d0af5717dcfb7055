/** What every Secret promises, on any implementation. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Secret } from '../../lib/ports/secrets.ts';
import { createMemoryClock, type MemoryClock } from '../fakes/clock.ts';

export interface SecretWorld {
  readonly secret: Secret;
  rotate(value: string): Promise<void>;
  fail(): void;
  recover(): void;
}

export function secretContract(
  name: string,
  open: (clock: MemoryClock) => SecretWorld | Promise<SecretWorld>,
): void {
  describe(`a secret ${name}`, () => {
    let clock: MemoryClock;
    let world: SecretWorld;
    beforeEach(async () => {
      clock = createMemoryClock();
      world = await open(clock);
    });

    it('has one value before its first rotation', async () => {
      expect(await world.secret.values()).toEqual(['first']);
    });

    it('shows a rotation after five minutes, and keeps the previous value', async () => {
      await world.secret.values();
      await world.rotate('second');
      clock.advance(299_999);
      expect(await world.secret.values()).toEqual(['first']);
      clock.advance(1);
      expect(await world.secret.values()).toEqual(['second', 'first']);
      await world.rotate('third');
      clock.advance(300_000);
      expect(await world.secret.values()).toEqual(['third', 'second']);
    });

    it('may be read early, at most once a minute', async () => {
      await world.secret.values();
      await world.rotate('second');
      expect(await world.secret.refresh()).toBe(false);
      clock.advance(60_000);
      expect(await world.secret.refresh()).toBe(true);
      expect(await world.secret.refresh()).toBe(false);
      expect(await world.secret.values()).toEqual(['second', 'first']);
    });

    it('keeps what it read while it cannot be read again', async () => {
      await world.secret.values();
      world.fail();
      clock.advance(300_000);
      expect(await world.secret.values()).toEqual(['first']);
      world.recover();
      await world.rotate('second');
      clock.advance(300_000);
      expect(await world.secret.values()).toEqual(['second', 'first']);
    });

    it('throws if it was never read', async () => {
      world.fail();
      await expect(world.secret.values()).rejects.toMatchObject({ name: 'OperationalError' });
      world.recover();
      expect(await world.secret.values()).toEqual(['first']);
    });
  });
}
