/**
 * Who may use the setup page: the browser that opened an operator's link, until its half hour is over or an App was
 * stored through it. Using a link ends it, and every older link, by one conditional write; of two at once, one wins. A
 * visitor without anything signed costs no call to AWS and learns nothing.
 */
import { type SetupClaims, setupMilliseconds } from '../../core/setup-claims.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import type { SetupTokens } from '../../ports/setup-tokens.ts';
import { changeNote, type NoteDeps } from '../common/change-note.ts';

export interface SessionDeps extends NoteDeps {
  readonly tokens: SetupTokens;
  readonly vault: AppVault;
}

/** Why the page is closed, for people with a signed link. */
export type Closed =
  | { readonly why: 'expired' }
  | { readonly why: 'used' }
  | { readonly why: 'set-up'; readonly appId: string };

export type Opened = { readonly session: SetupClaims } | { readonly closed: Closed } | 'stranger';

const note = 'setup/used';
/** Longer than any link lives. */
const noteMilliseconds = 24 * 60 * 60_000;

/** @returns the session of a browser that opens this link now */
export async function openLink(deps: SessionDeps, link: string): Promise<Opened> {
  const claims = await deps.tokens.read('link', link, deps.clock.now());
  if ('refused' in claims) return claims.refused === 'expired' ? { closed: { why: 'expired' } } : 'stranger';
  const closed = await findClosed(deps, claims);
  if (closed) return { closed };
  const browser = deps.chance.id();
  return { session: { ...claims, browser, expiresAt: deps.clock.now() + setupMilliseconds } };
}

/** @param token the browser's session token */
export async function readSession(deps: SessionDeps, token: string | undefined): Promise<Opened> {
  if (!token) return 'stranger';
  const claims = await deps.tokens.read('session', token, deps.clock.now());
  if ('refused' in claims) return claims.refused === 'expired' ? { closed: { why: 'expired' } } : 'stranger';
  const closed = await findClosed(deps, claims);
  return closed ? { closed } : { session: claims };
}

/** Whether a form, or an answer of GitHub, belongs to the session. */
export async function belongs(
  deps: SessionDeps,
  session: SetupClaims,
  signed: { purpose: 'form' | 'state'; token: string },
): Promise<'yes' | 'no' | 'expired'> {
  const claims = await deps.tokens.read(signed.purpose, signed.token, deps.clock.now());
  if ('refused' in claims) return claims.refused === 'expired' ? 'expired' : 'no';
  return claims.browser === session.browser && claims.issuedAt === session.issuedAt ? 'yes' : 'no';
}

/** For a form, or for GitHub to bring back: valid for half an hour from now. */
export const signFor = (deps: SessionDeps, session: SetupClaims, purpose: 'session' | 'form' | 'state') =>
  deps.tokens.sign(purpose, { ...session, expiresAt: deps.clock.now() + setupMilliseconds });

/** Ends the link for good. False: someone else was faster. */
export async function useUp(deps: SessionDeps, { issuedAt }: SetupClaims): Promise<boolean> {
  const isFirst = await changeNote<{ upTo: number }, boolean>(deps, note, (known, now) => {
    const expiresAt = now + noteMilliseconds;
    if (known && known.upTo >= issuedAt) return { expiresAt, result: false };
    return { value: { upTo: issuedAt }, expiresAt, result: true };
  });
  return isFirst ?? false;
}

async function findClosed(deps: SessionDeps, claims: SetupClaims): Promise<Closed | undefined> {
  const [used, app] = await Promise.all([deps.notes.read([note], deps.clock.now()), deps.vault.app()]);
  const { upTo = 0 } = (used.get(note)?.value ?? {}) as { upTo?: number };
  if (app && (!claims.replaces || upTo >= claims.issuedAt)) return { why: 'set-up', appId: app.appId };
  return upTo >= claims.issuedAt ? { why: 'used' } : undefined;
}
