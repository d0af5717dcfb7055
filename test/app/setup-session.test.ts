/** Who may use the setup page, and until when. */
import { describe, expect, it } from '@jest/globals';
import { belongs, openLink, readSession, signFor, useUp } from '../../lib/app/setup/setup-session.ts';
import type { SetupClaims } from '../../lib/core/setup-claims.ts';
import { givenSetup } from '../support/setup-page.ts';

const setupMilliseconds = 30 * 60_000;
const app = { appId: '9', privateKey: 'key' };

describe('a link', () => {
  it('opens for half an hour, in a browser that it names', async () => {
    const { deps, link, clock } = givenSetup();
    const given = await link();
    clock.advance(1_000);
    const opened = await openLink(deps, given);
    expect(opened).toMatchObject({
      session: {
        by: 'ann',
        browser: expect.stringMatching(/.{32}/),
        expiresAt: clock.now() + setupMilliseconds,
      },
    });
    expect(await openLink(deps, given)).not.toEqual(opened);
    clock.advance(setupMilliseconds);
    expect(await openLink(deps, given)).toEqual({ closed: { why: 'expired' } });
  });

  it('is refused if it was signed for another purpose, or not at all', async () => {
    const { deps, browser } = givenSetup();
    const { session } = await browser();
    expect(await openLink(deps, await signFor(deps, session, 'session'))).toBe('stranger');
    expect(await openLink(deps, 'x.y')).toBe('stranger');
  });

  it('is not even checked if it is longer than any signed link', async () => {
    const { deps, link } = givenSetup();
    const claims = (await deps.tokens.read('link', await link(), deps.clock.now())) as SetupClaims;
    const by = (letters: number) => deps.tokens.sign('link', { ...claims, by: 'x'.repeat(letters) });
    expect(await openLink(deps, await by(500))).toMatchObject({ session: { by: 'x'.repeat(500) } });
    expect(await openLink(deps, await by(900))).toBe('stranger');
  });

  it('is closed by its use, with every older one, and a newer one is not', async () => {
    const { deps, link, clock, browser } = givenSetup();
    const older = await link();
    clock.advance(1_000);
    const used = await browser();
    const same = await link();
    clock.advance(1_000);
    const newer = await link();
    expect(await useUp(deps, used.session)).toBe(true);
    expect(await useUp(deps, used.session)).toBe(false);
    for (const closed of [older, same])
      expect(await openLink(deps, closed)).toEqual({ closed: { why: 'used' } });
    expect(await openLink(deps, newer)).toMatchObject({ session: { by: 'ann' } });
  });

  it('is closed once an App is stored, unless it may replace the App and is unused', async () => {
    const { deps, link, vault, browser } = givenSetup();
    vault.app = app;
    const closed = { closed: { why: 'set-up', appId: '9' } };
    expect(await openLink(deps, await link())).toEqual(closed);
    const { session } = await browser({ replaces: true });
    await useUp(deps, session);
    expect(await openLink(deps, await link({ replaces: true }))).toEqual(closed);
  });
});

describe('the note that a link was used', () => {
  it('is kept for a day, longer than any link is valid', async () => {
    const { deps, browser, clock } = givenSetup();
    const { session } = await browser();
    await useUp(deps, session);
    const isKept = async () => (await deps.notes.read(['setup/used'], clock.now())).size === 1;
    clock.advance(24 * 60 * 60_000 - 1);
    expect(await isKept()).toBe(true);
    clock.advance(1);
    expect(await isKept()).toBe(false);
  });
});

describe('a session', () => {
  it('is read from the browser’s cookie, until it expires or its link is used', async () => {
    const { deps, browser, clock } = givenSetup();
    const { session } = await browser();
    const cookie = await signFor(deps, session, 'session');
    expect(await readSession(deps, undefined)).toBe('stranger');
    expect(await readSession(deps, '')).toBe('stranger');
    expect(await readSession(deps, `${cookie}x`)).toBe('stranger');
    expect(await readSession(deps, cookie)).toEqual({ session });
    await useUp(deps, session);
    expect(await readSession(deps, cookie)).toEqual({ closed: { why: 'used' } });
    clock.advance(setupMilliseconds);
    expect(await readSession(deps, cookie)).toEqual({ closed: { why: 'expired' } });
  });

  it('has its own forms: for this browser, this link and this purpose, in time', async () => {
    const { deps, browser, clock } = givenSetup();
    const { session } = await browser();
    const form = await signFor(deps, session, 'form');
    const asked = (token: string, of = session) => belongs(deps, of, { purpose: 'form', token });
    expect(await asked(form)).toBe('yes');
    expect(await asked(form, { ...session, browser: 'other' })).toBe('no');
    expect(await asked(form, { ...session, issuedAt: session.issuedAt + 1 })).toBe('no');
    expect(await asked(await signFor(deps, session, 'state'))).toBe('no');
    clock.advance(setupMilliseconds);
    expect(await asked(form)).toBe('expired');
  });
});
