/**
 * Checks the App's JWT as GitHub does: RS256 by the App's own key, issued by the App, not from the future, and valid for
 * ten minutes at most. Any fault is a 401 with GitHub's words, which reveal nothing about the key.
 * Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
import { verify } from 'node:crypto';
import { Refusal } from './router.ts';
import type { GitHubStore } from './store.ts';

const tenMinutes = 600;

/** @throws Refusal 401 */
export function checkAppToken(store: GitHubStore, token: string | undefined): void {
  const [head = '', claims = '', signature = ''] = (token ?? '').split('.');
  const header = decode(head);
  const payload = decode(claims);
  if (!header || !payload || header['alg'] !== 'RS256') {
    throw new Refusal(401, 'A JSON web token could not be decoded');
  }
  const signed = Buffer.from(`${head}.${claims}`);
  const isSignedWith = (key: string) =>
    verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'));
  if (![...store.app.publicKeyPems].some(isSignedWith)) {
    throw new Refusal(401, 'A JSON web token could not be decoded');
  }
  checkClaims(store, payload);
}

function checkClaims(store: GitHubStore, claims: Record<string, unknown>) {
  const now = Math.floor(store.now() / 1000);
  const { iss, exp, iat } = claims;
  if (String(iss) !== String(store.app.id) && iss !== store.app.clientId) {
    throw new Refusal(401, 'Integration not found');
  }
  if (!Number.isInteger(exp) || (exp as number) <= now) {
    const words = 'must be a numeric value representing the future time at which the assertion expires';
    throw new Refusal(401, `'Expiration time' claim ('exp') ${words}`);
  }
  if ((exp as number) > now + tenMinutes) {
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  }
  if (!Number.isInteger(iat) || (iat as number) > now) {
    const words = 'must be an Integer representing the time that the assertion was issued';
    throw new Refusal(401, `'Issued at' claim ('iat') ${words}`);
  }
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: the caller refuses it like a missing token.
    return undefined;
  }
}
