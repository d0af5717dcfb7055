/** The setup page's steps: what each shows, stores, records and logs, and the way out where one fails. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  enterExisting,
  finish,
  review,
  type SetupAct,
  showChoice,
  showExisting,
} from '../../lib/app/setup/setup-page.ts';
import { signFor } from '../../lib/app/setup/setup-session.ts';
import { setupMilliseconds } from '../../lib/core/setup-claims.ts';
import { createdApp, givenSetup, type SetupStep } from '../support/setup-page.ts';

type Setup = ReturnType<typeof givenSetup>;
const wishes = {
  owner: 'organization',
  organization: 'acme',
  name: 'my-saas runners',
  level: 'organization',
};
const privateKey = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
  type: 'pkcs1',
  format: 'pem',
}) as string;

const formOf = ({ deps }: Setup, { session }: SetupAct) => signFor(deps, session, 'form');
const stepsLogged = ({ telemetry }: Setup) =>
  telemetry.events.map(({ level, fields }) => [level, fields['step'], fields['reason']]);

async function finished(setup: Setup, act: SetupAct, code = 'code') {
  return finish(setup.deps, act, { code, state: await signFor(setup.deps, act.session, 'state') });
}

async function entered(setup: Setup, act: SetupAct, fields: Record<string, string> = {}) {
  const form = await formOf(setup, act);
  return enterExisting(setup.deps, act, { appId: '42', privateKey, form, ...fields });
}

/** A setup with one step that fails, and a browser that is in it. */
async function givenFailing(...steps: SetupStep[]) {
  const setup = givenSetup();
  const act = await setup.browser();
  for (const step of steps) setup.fail(step);
  return { setup, act };
}

describe('the initial pages', () => {
  it('show where they are, and propose a name', async () => {
    const { deps, browser } = givenSetup();
    const act = await browser({ replaces: true });
    const place = {
      environment: 'my-saas',
      githubHost: 'github.com',
      webhookUrl: 'https://example.com/webhook',
      formToken: expect.any(String),
      replaces: true,
    };
    const fields = { owner: 'organization', name: 'my-saas runners', level: 'organization' };
    expect(await showChoice(deps, act)).toEqual({ view: 'choose', place, fields, faults: {} });
    expect(await showExisting(deps, act)).toEqual({ view: 'existing', place, fields: {}, faults: {} });
  });
});

describe('the review', () => {
  it('shows the manifest and where it goes, with the way back to this browser', async () => {
    const setup = givenSetup();
    const act = await setup.browser();
    const view = await review(setup.deps, act, { ...wishes, form: await formOf(setup, act) });
    expect(view).toMatchObject({
      view: 'review',
      owner: 'acme',
      action: expect.stringMatching(
        /^https:\/\/github\.com\/organizations\/acme\/settings\/apps\/new\?state=./,
      ),
      manifest: {
        redirect_url: 'https://page.example/callback',
        hook_attributes: { url: 'https://example.com/webhook' },
      },
    });
    const own = { ...wishes, owner: 'account', level: 'repository', form: await formOf(setup, act) };
    expect(await review(setup.deps, act, own)).toMatchObject({
      owner: 'your own account',
      action: expect.stringMatching(/^https:\/\/github\.com\/settings\/apps\/new\?state=./),
    });
  });

  it('shows the form again with the entered values if a field is wrong', async () => {
    const setup = givenSetup();
    const act = await setup.browser();
    const fields = { ...wishes, name: '', form: await formOf(setup, act) };
    expect(await review(setup.deps, act, fields)).toMatchObject({
      ...{ view: 'choose', fields, place: { environment: 'my-saas' } },
      faults: { name: expect.any(String) },
    });
  });
});

describe('a form', () => {
  it.each([
    ['review', review],
    ['an App that exists', enterExisting],
  ] as const)('of %s is refused if it is from another browser, or too old', async (_, step) => {
    const setup = givenSetup();
    const [act, other] = [await setup.browser(), await setup.browser()];
    const fields = { ...wishes, appId: '42', privateKey };
    const title = expect.stringContaining('does not belong');
    expect(await step(setup.deps, act, fields)).toMatchObject({ view: 'failed', title });
    const form = await formOf(setup, other);
    expect(await step(setup.deps, act, { ...fields, form })).toMatchObject({ view: 'failed', title });
    const old = await formOf(setup, act);
    setup.clock.advance(setupMilliseconds);
    expect(await step(setup.deps, act, { ...fields, form: old })).toMatchObject({
      title: expect.stringContaining('half an hour old'),
    });
    expect(setup.vault.app).toBeUndefined();
  });
});

describe('GitHub’s answer', () => {
  it('becomes the App: stored, connected with our secret, recorded, logged', async () => {
    const setup = givenSetup();
    const act = await setup.browser();
    expect(await finished(setup, act)).toEqual({
      ...{ view: 'done', appId: '42', name: 'Acme runners', missing: [] },
      place: { environment: 'my-saas', githubHost: 'github.com' },
      installUrl: 'https://github.com/apps/acme-runners/installations/new',
    });
    const { appId, privateKey: key, slug, clientId, clientSecret } = createdApp;
    expect(setup.vault).toEqual({
      app: { appId, privateKey: key, slug, clientId, clientSecret },
      webhookSecret: 'ours',
    });
    expect(setup.connected).toEqual([{ url: 'https://example.com/webhook', secret: 'ours' }]);
    expect(setup.recorded).toEqual([
      {
        ...{ action: 'app-created', at: new Date(setup.clock.now()).toISOString() },
        ...{ who: 'ann, by the setup page', before: {}, after: { app: '42', key: 'SHA256:of-key' } },
      },
    ]);
    expect(setup.telemetry.events).toMatchObject([
      {
        ...{ level: 'info', name: 'setup-page' },
        fields: {
          ...{
            step: 'created',
            by: 'ann',
            sourceIp: '192.0.2.1',
            replaces: false,
            appId: '42',
            app: 'acme-runners',
          },
          link: new Date(act.session.issuedAt).toISOString(),
        },
      },
    ]);
  });

  it('is accepted from one browser of two, and never twice', async () => {
    const setup = givenSetup();
    const act = await setup.browser();
    const views = await Promise.all([finished(setup, act), finished(setup, act)]);
    expect(views.map(({ view }) => view).sort()).toEqual(['done', 'failed']);
    expect(setup.converted).toEqual(['code']);
    expect(await finished(setup, act)).toMatchObject({ title: expect.stringContaining('already used') });
  });

  it('is not accepted if another browser began it, if it has no code, or if it is late', async () => {
    const setup = givenSetup();
    const [act, other] = [await setup.browser(), await setup.browser()];
    const title = expect.stringContaining('does not belong');
    const state = await signFor(setup.deps, other.session, 'state');
    expect(await finish(setup.deps, act, { code: 'code', state })).toMatchObject({ title });
    expect(await finished(setup, act, '')).toMatchObject({ title });
    expect(stepsLogged(setup)).toEqual([
      ['warn', 'refused', 'state'],
      ['warn', 'refused', 'state'],
    ]);
    const late = await signFor(setup.deps, act.session, 'state');
    setup.clock.advance(setupMilliseconds);
    expect(await finish(setup.deps, act, { code: 'code', state: late })).toMatchObject({
      title: expect.stringContaining('has passed'),
    });
    expect(setup.converted).toEqual([]);
  });

  it('explains what to do if GitHub rejects the code, and stores nothing', async () => {
    const { setup, act } = await givenFailing('convert');
    expect(await finished(setup, act)).toMatchObject({ what: expect.stringContaining('GitHub says no') });
    expect(stepsLogged(setup)).toEqual([['error', 'failed', 'GitHub says no']]);
    expect(setup.vault.app).toBeUndefined();
  });

  it('names the App that cannot be stored, and how to enter it', async () => {
    const { setup, act } = await givenFailing('storeApp');
    expect(await finished(setup, act)).toMatchObject({
      what: expect.stringMatching(/Acme runners \(id 42\).*It is down\./),
      steps: expect.arrayContaining([expect.stringContaining('--app-id 42')]),
    });
    expect(stepsLogged(setup)).toEqual([['error', 'failed', 'It is down.']]);
  });

  it('keeps the secret that GitHub generated, if ours could not be stored there', async () => {
    const { setup, act } = await givenFailing('connect');
    expect(await finished(setup, act)).toMatchObject({ view: 'done' });
    expect(setup.vault.webhookSecret).toBe('of-github');
  });

  it('is stored even if it cannot be recorded, and says so', async () => {
    const { setup, act } = await givenFailing('record');
    expect(await finished(setup, act)).toMatchObject({
      view: 'done',
      todo: expect.stringContaining('no record'),
    });
    expect(setup.vault.app).toMatchObject({ appId: '42' });
  });

  it('replaces an App, and the record says which', async () => {
    const setup = givenSetup();
    setup.vault.app = { appId: '9', privateKey: 'nothing' };
    await finished(setup, await setup.browser({ replaces: true }));
    expect(setup.recorded).toMatchObject([{ before: { app: '9', key: 'unreadable' }, after: { app: '42' } }]);
  });
});

describe('an App that exists', () => {
  it('is stored once GitHub accepts its key, and gets our address and secret', async () => {
    const setup = givenSetup();
    const act = await setup.browser();
    const view = await entered(setup, act);
    expect(view).toMatchObject({ view: 'done', appId: '42' });
    expect(view).not.toHaveProperty('todo');
    expect(setup.vault.app).toEqual({ appId: '42', privateKey: expect.any(String), slug: 'acme-runners' });
    expect(setup.connected).toEqual([{ url: 'https://example.com/webhook', secret: 'ours' }]);
    expect(setup.recorded).toMatchObject([
      { action: 'app-entered', after: { app: '42', key: 'SHA256:of-key' } },
    ]);
    expect(setup.telemetry.events).toMatchObject([
      { level: 'info', fields: { step: 'entered', appId: '42' } },
    ]);
    expect(await entered(setup, act)).toMatchObject({ title: expect.stringContaining('already used') });
  });

  it('keeps its own webhook secret, and shows which address it needs', async () => {
    const setup = givenSetup();
    const webhookSecret = 'a-secret-of-its-own';
    const view = await entered(setup, await setup.browser(), { webhookSecret });
    expect(view).toMatchObject({ todo: expect.stringContaining('https://example.com/webhook') });
    expect(setup.vault.webhookSecret).toBe(webhookSecret);
    expect(setup.connected).toEqual([]);
    expect(setup.recorded[0]!.after).toMatchObject({ 'webhook secret': 'replaced' });
  });

  it('whose key GitHub refuses is not stored; the form comes back without the key', async () => {
    const { setup, act } = await givenFailing('check');
    expect(await entered(setup, act)).toEqual({
      ...{ view: 'existing', place: expect.anything(), fields: { appId: '42' } },
      faults: { privateKey: expect.stringContaining('GitHub says no') },
    });
    expect(stepsLogged(setup)).toEqual([['warn', 'refused', 'GitHub says no']]);
    expect(setup.vault.app).toBeUndefined();
    expect(await showExisting(setup.deps, act)).toMatchObject({ view: 'existing' });
  });

  it('with a field that is wrong shows the form again, without secrets', async () => {
    const setup = givenSetup();
    const act = await setup.browser();
    expect(await entered(setup, act, { appId: 'x', privateKey: 'y' })).toEqual({
      ...{ view: 'existing', place: expect.anything(), fields: { appId: 'x' } },
      faults: { appId: expect.any(String), privateKey: expect.any(String) },
    });
  });

  it('that GitHub does not know yet names the command that stores it there', async () => {
    const { setup, act } = await givenFailing('connect');
    expect(await entered(setup, act)).toMatchObject({
      todo: expect.stringContaining('rotate-webhook-secret'),
    });
  });

  it('replaces one that cannot be read', async () => {
    const setup = givenSetup();
    const act = await setup.browser();
    setup.fail('readApp');
    await entered(setup, act);
    expect(setup.recorded).toMatchObject([{ before: { app: 'unreadable' } }]);
  });
});
