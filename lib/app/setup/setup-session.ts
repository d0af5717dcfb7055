/**
 * Who may use the setup page: the browser that opened a link of the operator's, until its half hour is over or an App was
 * stored through it. A use ends the link, and every link that is older, by one conditional write; of two that come at
 * once, one wins. Whoever has nothing signed costs no call to AWS and learns nothing.
 */
import { type SetupClaims, setupMilliseconds } from '../../core/setup-claims.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import type { SetupTokens } from '../../ports/setup-tokens.ts';
import { changeNote, type NoteDeps } from '../common/change-note.ts';

export interface SessionDeps extends NoteDeps {
  readonly tokens: SetupTokens;
  readonly vault: AppVault;
}

/** Why the page is closed, to people who have a signed word. */
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

/** @param token what the browser brings of its session */
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

/** For a form, or for GitHub to bring back: good for half an hour from now. */
export const signFor = (deps: SessionDeps, session: SetupClaims, purpose: 'session' | 'form' | 'state') =>
  deps.tokens.sign(purpose, { ...session, expiresAt: deps.clock.now() + setupMilliseconds });

/** Ends the link for good. False: somebody else was faster. */
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
