/** Randomness, digests and comparison of the API's tokens; random secrets for callbacks. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenSecrets } from '../../ports/token-secrets.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz234567';

export const tokenSecrets: TokenSecrets = {
  random: () => randomBytes(24).toString('hex'),
  signingSecret: () => `whsec_${randomBytes(32).toString('base64')}`,
  // 32 letters: each byte's last five bits choose one, all with equal probability.
  id: () => [...randomBytes(16)].map((byte) => letters[byte % letters.length]).join(''),
  digest: (token) => createHash('sha256').update(token).digest('hex'),
  isSame: (one, other) => {
    const [a, b] = [Buffer.from(one), Buffer.from(other)];
    return a.length === b.length && timingSafeEqual(a, b);
  },
};
