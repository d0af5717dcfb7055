/**
 * Verifies webhook signatures over raw bytes. Comparison takes constant time, and nothing that a sender sends makes it
 * throw. `@octokit/webhooks-methods` computes the same but takes only strings, so that bytes that are not UTF-8 would be
 * changed before the check.
 * Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../ports/secrets.ts';
import type { Signatures } from '../../ports/signatures.ts';

const signatureForm = /^sha256=[0-9a-f]{64}$/;

export function createSignatures(deps: { secret: Secret }): Signatures {
  return {
    async verify(body, signature) {
      if (body.length === 0 || signature === undefined || !signatureForm.test(signature)) return false;
      const given = Buffer.from(signature.slice('sha256='.length), 'hex');
      if (matchesAny(await deps.secret.values(), body, given)) return true;
      return (await deps.secret.refresh()) && matchesAny(await deps.secret.values(), body, given);
    },
  };
}

function matchesAny(secrets: readonly string[], body: Uint8Array, given: Buffer): boolean {
  return secrets.some(
    (secret) => secret !== '' && timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given),
  );
}
