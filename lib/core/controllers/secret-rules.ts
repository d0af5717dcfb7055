/**
 * Rules for the secrets that sign callbacks: there is one, or two during a rotation, and callbacks are signed with
 * both. The receiver switches to the new one during the overlap, and no callback is refused meanwhile.
 */
import type { SigningSecret } from './secret.ts';
import { longestOverlapSeconds } from './token-rules.ts';

export const isSigning = ({ endsAt }: SigningSecret, now: number) => endsAt === undefined || now < endsAt;

/** The new one beside the previous one, for the overlap. Older ones end now. */
export function rotateSecret(
  secrets: readonly SigningSecret[],
  rotation: { readonly made: SigningSecret; readonly overlapSeconds: number },
  now: number,
): readonly SigningSecret[] | { readonly fault: 'overlap' | 'rotated-already' } {
  const { made, overlapSeconds } = rotation;
  const isOverlap = Number.isInteger(overlapSeconds) && overlapSeconds >= 0;
  if (!isOverlap || overlapSeconds > longestOverlapSeconds) return { fault: 'overlap' };
  const signing = secrets.filter((secret) => isSigning(secret, now));
  // With a third, a verifier might know only the oldest.
  if (signing.length > 1 && overlapSeconds > 0) return { fault: 'rotated-already' };
  const kept = overlapSeconds === 0 ? [] : signing;
  return [...kept.map((secret) => ({ ...secret, endsAt: now + overlapSeconds * 1000 })), made];
}
