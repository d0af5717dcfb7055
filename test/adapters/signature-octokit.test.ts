import { describe, expect, it } from '@jest/globals';
import { Webhooks } from '@octokit/webhooks';
import { createSignatures } from '../../lib/adapters/signature/signatures.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { fc } from '../support/properties.ts';

const signaturesWith = (value: string) =>
  createSignatures({ secret: createMemorySecret({ value, clock: createMemoryClock() }) });

describe('signatures, against those of Octokit', () => {
  it('are accepted for any payload and secret, and refused for another payload', async () => {
    const words = fc.string({ minLength: 1, unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(words, words, async (secret, payload) => {
        const signature = await new Webhooks({ secret }).sign(payload);
        const signatures = signaturesWith(secret);
        expect(await signatures.verify(Buffer.from(payload), signature)).toBe(true);
        expect(await signatures.verify(Buffer.from(`${payload} `), signature)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});
