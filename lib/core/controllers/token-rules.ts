/**
 * Rules for tokens: how many there may be, what a rotation does to the old one, and which ones are valid at a moment. A
 * rotated token that has expired is removed with the next change, and does not count until then.
 */
import { controllerBounds } from './controller.ts';
import type { StoredToken } from './token.ts';

/** For how long a rotated token still works, at most: a day. */
export const longestOverlapSeconds = 86_400;

/** A token's use is recorded at most once in this time. */
const noteUseMilliseconds = 60_000;

export interface TokenChange {
  readonly put: readonly StoredToken[];
  readonly remove: readonly string[];
}

/** too-many: revoke one first. unknown: there is no such token. overlap: not a whole number from 0 to 86,400. */
export type TokenFault = 'too-many' | 'unknown' | 'overlap' | 'rotated-already';

export const isAlive = ({ endsAt }: StoredToken, now: number) => endsAt === undefined || now < endsAt;

/** Tokens of the same controller, or of the same owner. */
export const tokensFor = (tokens: readonly StoredToken[], controllerId: string | undefined) =>
  tokens.filter((token) => token.controllerId === controllerId);

export function addToken(
  tokens: readonly StoredToken[],
  made: StoredToken,
  now: number,
): TokenChange | { readonly fault: TokenFault } {
  const alike = tokensFor(tokens, made.controllerId);
  const alive = alike.filter((token) => isAlive(token, now));
  if (alive.length >= controllerBounds.tokensEach) return { fault: 'too-many' };
  return { put: [made], remove: endedOf(alike, now) };
}

/**
 * The new token in the old one's place, in one change. With an overlap of 0 the old one ends at once; otherwise it works
 * until then. A token that is already being rotated is not rotated again.
 */
export function rotateToken(
  tokens: readonly StoredToken[],
  rotation: { readonly id: string; readonly made: StoredToken; readonly overlapSeconds: number },
  now: number,
): TokenChange | { readonly fault: TokenFault } {
  const { id, made, overlapSeconds } = rotation;
  const isOverlap = Number.isInteger(overlapSeconds) && overlapSeconds >= 0;
  if (!isOverlap || overlapSeconds > longestOverlapSeconds) return { fault: 'overlap' };
  const alike = tokensFor(tokens, made.controllerId);
  const old = alike.find((token) => token.id === id);
  if (!old || !isAlive(old, now)) return { fault: 'unknown' };
  if (old.endsAt !== undefined) return { fault: 'rotated-already' };
  const ended = endedOf(alike, now);
  if (overlapSeconds === 0) return { put: [made], remove: [...ended, id] };
  const others = alike.filter((token) => isAlive(token, now)).length;
  if (others >= controllerBounds.tokensEach) return { fault: 'too-many' };
  return { put: [made, { ...old, endsAt: now + overlapSeconds * 1000 }], remove: ended };
}

/** A revoked token is refused from this change on, even one in its overlap. */
export function revokeToken(
  tokens: readonly StoredToken[],
  revoked: { readonly id: string; readonly controllerId: string | undefined },
  now: number,
): TokenChange | { readonly fault: TokenFault } {
  const alike = tokensFor(tokens, revoked.controllerId);
  const old = alike.find((token) => token.id === revoked.id && isAlive(token, now));
  if (!old) return { fault: 'unknown' };
  return { put: [], remove: [...new Set([...endedOf(alike, now), old.id])] };
}

/** Whether to record its use now: at most once a minute, since each record is a write. */
export const isUseToNote = ({ lastUsedAt }: StoredToken, now: number) =>
  lastUsedAt === undefined || now - Date.parse(lastUsedAt) >= noteUseMilliseconds;

/** Whether one of a controller's tokens was used within the hour. */
export const isConnected = (tokens: readonly StoredToken[], controllerId: string, now: number) =>
  tokensFor(tokens, controllerId).some(
    ({ lastUsedAt }) =>
      lastUsedAt !== undefined && now - Date.parse(lastUsedAt) < controllerBounds.connectedSeconds * 1000,
  );

const endedOf = (tokens: readonly StoredToken[], now: number) =>
  tokens.filter((token) => !isAlive(token, now)).map(({ id }) => id);
