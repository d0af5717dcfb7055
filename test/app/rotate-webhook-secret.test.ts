/**
 * The rotation of the webhook secret, with a process that dies before or after any of its effects, as often as it likes.
 * What is held: at no moment does GitHub sign with a secret that some copy of a function does not know.
 */
import { describe, expect, it } from '@jest/globals';
import { type RotateDeps, rotateWebhookSecret } from '../../lib/app/setup/rotate-webhook-secret.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { nonEmpty } from '../support/non-empty.ts';

const minute = 60_000;
/** How long a copy of a function keeps what it has read: lib/adapters/secrets-manager/secret.ts. */
const kept = 5 * minute;
const spreadMilliseconds = 6 * minute;
const app = { appId: '1', privateKey: 'key' };

class Death extends Error {}

/** Secrets Manager and GitHub, which outlive the command. */
function givenDeployment() {
  const clock = createMemoryClock();
  const start = clock.now() - 60 * minute;
  const stored = [{ at: start, values: ['first'] }];
  const told = [{ at: start, secret: 'first' }];
  let effects = 0;
  let dieAt = Number.POSITIVE_INFINITY;
  let refusal: string | undefined;
  /** Each effect has two points of death: before it, and after it with its answer lost. */
  function effect<Value>(act: () => Value): Value {
    effects += 1;
    if (effects === dieAt) throw new Death();
    const value = act();
    effects += 1;
    if (effects === dieAt) throw new Death();
    return value;
  }
  const newest = () => stored.at(-1)!;
  const deps = {
    clock,
    webhookUrl: 'https://example.com/webhook',
    vault: {
      webhookSecret: async () => effect(() => ({ value: newest().values[0]!, storedAt: newest().at })),
      storeWebhookSecret: async (value: string) =>
        effect(() => void stored.push({ at: clock.now(), values: [value, newest().values[0]!] })),
    },
    record: async () => effect(() => undefined),
    newApps: {
      connectWebhook: async (_app: unknown, { secret }: { secret: string }) => {
        if (refusal !== undefined) return { ok: false, kind: 'unreachable', why: refusal };
        effect(() => void told.push({ at: clock.now(), secret }));
        return { ok: true, value: 'connected' };
      },
    },
  } as unknown as RotateDeps;
  let runs = 0;
  return {
    clock,
    stored: () => newest().values,
    told: () => told.at(-1)!.secret,
    store: (value: string) => deps.vault.storeWebhookSecret(value),
    refuse: (why: string | undefined) => {
      refusal = why;
    },
    /** @returns how it ended */
    async run(dies = Number.POSITIVE_INFINITY, waiting: () => void = () => {}) {
      effects = 0;
      dieAt = dies;
      runs += 1;
      const rotation = { app, secret: `new ${runs}`, spreadMilliseconds, waiting };
      return rotateWebhookSecret(deps, rotation).catch((error: unknown) => {
        if (error instanceof Death) return { ended: 'died' as const };
        throw error;
      });
    },
    /** Times at which some copy of a function could not check GitHub's signature. */
    refused: () =>
      told.flatMap(({ at, secret }, index) => {
        const until = told[index + 1]?.at ?? clock.now();
        const held = stored.filter((_, n) => (stored[n + 1]?.at ?? clock.now() + 1) > at - kept);
        return held.filter((one) => one.at <= until && !one.values.includes(secret)).map((one) => one.at);
      }),
  };
}

/** Seven effects, two points each; the last number is beyond them, so that run does not die. */
const points = Array.from({ length: 15 }, (_, index) => index + 1);

describe('the rotation of the webhook secret', () => {
  it('has GitHub sign with the new secret once every function knows it', async () => {
    const deployment = givenDeployment();
    const begun = deployment.clock.now();
    expect(await deployment.run()).toEqual({ ended: 'done' });
    // What GitHub signed before arrives within ten seconds.
    expect(deployment.clock.now() - begun).toBe(10_000 + spreadMilliseconds);
    expect(deployment.stored()).toEqual(['new 1', 'first']);
    expect(deployment.told()).toBe('new 1');
    expect(deployment.refused()).toEqual([]);
  });

  it.each(points)(
    'refuses no event if it dies at point %i, then anywhere, and is run again',
    async (first) => {
      for (const second of nonEmpty(points)) {
        for (const pause of [0, minute, 20 * minute]) {
          const deployment = givenDeployment();
          await deployment.run(first);
          deployment.clock.advance(pause);
          await deployment.run(second);
          deployment.clock.advance(pause);
          expect(await deployment.run()).toEqual({ ended: 'done' });
          expect(deployment.stored()[0]).toBe(deployment.told());
          expect({ second, pause, refused: deployment.refused() }).toEqual({ second, pause, refused: [] });
        }
      }
    },
  );

  it('is tested with a crash at every point', async () => {
    expect(await givenDeployment().run(points.at(-2))).toEqual({ ended: 'died' });
    expect(await givenDeployment().run(points.at(-1))).toEqual({ ended: 'done' });
  });

  it('changes nothing if GitHub does not take the stored secret', async () => {
    const deployment = givenDeployment();
    deployment.refuse('no answer');
    expect(await deployment.run()).toEqual({ ended: 'kept', why: 'no answer' });
    expect(deployment.stored()).toEqual(['first']);
  });

  it('keeps both if GitHub does not take the new one, and finishes when it is run again', async () => {
    const deployment = givenDeployment();
    expect(await deployment.run(undefined, () => deployment.refuse('no answer'))).toMatchObject({
      ended: 'stored',
    });
    expect(deployment.stored()).toContain(deployment.told());
    deployment.refuse(undefined);
    expect(await deployment.run()).toEqual({ ended: 'done' });
    expect(deployment.refused()).toEqual([]);
  });

  it('stops if somebody else stored a secret meanwhile', async () => {
    const deployment = givenDeployment();
    const ended = await deployment.run(undefined, () => void deployment.store('by somebody else'));
    expect(ended).toEqual({ ended: 'overtaken' });
    expect(deployment.told()).toBe('first');
  });
});
