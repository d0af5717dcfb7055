/**
 * Tokens that the setup page trusts, signed with the setup secret, which only operators and the page can read. A
 * signature for one purpose is invalid for any other. Comparison takes constant time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SetupClaims, SetupPurpose } from '../../core/setup-claims.ts';
import type { Secret } from '../../ports/secrets.ts';
import type { SetupTokens } from '../../ports/setup-tokens.ts';

/** Longer than any genuine one; a longer text is not even checked. */
const longestToken = 1024;
/** Content and signature, each base64url; 32 bytes of signature are 43 characters. */
const form = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/;

export function createSetupTokens({ secret }: { secret: Secret }): SetupTokens {
  async function isSigned(purpose: SetupPurpose, content: string, signature: string): Promise<boolean> {
    // Compared as texts, because several texts decode to the same bytes, and only one of them is the token.
    const given = Buffer.from(signature);
    const signedByAny = (secrets: readonly string[]) =>
      secrets.some(
        (value) => value !== '' && timingSafeEqual(Buffer.from(sign(value, purpose, content)), given),
      );
    if (signedByAny(await secret.values())) return true;
    return (await secret.refresh()) && signedByAny(await secret.values());
  }
  return {
    async sign(purpose, claims) {
      const [current] = await secret.values();
      if (!current)
        throw new Error('The setup secret is empty, so signatures made with it would prove nothing.');
      const content = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return `${content}.${sign(current, purpose, content)}`;
    },
    async read(purpose, token, now) {
      const [, content, signature] = form.exec(token.slice(0, longestToken + 1)) ?? [];
      if (!content || !signature || token.length > longestToken) return { refused: 'malformed' };
      if (!(await isSigned(purpose, content, signature))) return { refused: 'forged' };
      // Only signed content is decoded, so it is what `sign` was given.
      const claims = JSON.parse(Buffer.from(content, 'base64url').toString('utf8')) as SetupClaims;
      return now < claims.expiresAt ? claims : { refused: 'expired' };
    },
  };
}

const sign = (secret: string, purpose: SetupPurpose, content: string) =>
  createHmac('sha256', secret).update(`mayfly-setup-1.${purpose}.`).update(content).digest('base64url');
