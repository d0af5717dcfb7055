/**
 * The setup page as browsers meet it, on the deployed function: who has no link sees nothing; who has one makes the App at
 * GitHub, once; no answer that is not its own, late or repeated changes anything; and secrets are never shown.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSetupTokens } from '../../lib/adapters/identity/setup-tokens.ts';
import type { SetupPurpose } from '../../lib/core/setup-claims.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { nonEmpty } from '../support/non-empty.ts';
import {
  createBrowser,
  createOnGitHub,
  goodChoice,
  openPage,
  runSetup,
  wrongKeyFault,
} from './support/setup-browser.ts';
import { until } from './support/until.ts';
import { startWorld, type World } from './support/world.ts';

describe('the setup page', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ withoutApp: true });
  });
  afterAll(() => world?.close());

  const caller = 'my-saas-setup';
  const calls = (action: string) =>
    world.laptop.endpoint.calls
      .counts()
      .filter((count) => count.caller === caller && count.action === action)
      .reduce((sum, count) => sum + count.calls, 0);
  const secret = (output: 'AppSecretArn' | 'WebhookSecretArn' | 'SetupSecretArn') =>
    world.laptop.secret(world.laptop.outputs[output]!);
  const storedApp = () => JSON.parse(secret('AppSecretArn')) as Record<string, string>;
  /** A word that the page would have signed at another time. */
  const signedBefore = (purpose: SetupPurpose, claims: { browser: string; minutes: number }) => {
    const clock = { now: Date.now, sleep: async () => undefined };
    const tokens = createSetupTokens({
      secret: createMemorySecret({ value: secret('SetupSecretArn'), clock }),
    });
    const issuedAt = Date.now() - claims.minutes * 60_000;
    const expiresAt = issuedAt + 30 * 60_000;
    return tokens.sign(purpose, {
      issuedAt,
      by: 'test',
      replaces: false,
      browser: claims.browser,
      expiresAt,
    });
  };

  // In this order, since what one stores is what the next one finds.
  describe('without a link', () => {
    const stranger = () => createBrowser(world.laptop.setupUrl);

    it.each(['/', '/existing', '/callback?code=a&state=b', '/?key=guessed', '/favicon.ico'])(
      'is not found: GET %s',
      async (path) => {
        const page = await stranger().get(path);
        expect(page).toMatchObject({ status: 404, text: 'Not found\n' });
        expect(page.headers.getSetCookie()).toEqual([]);
      },
    );

    it.each(['/review', '/existing'])('is not found: POST %s', async (path) => {
      const page = await stranger().post(path, { ...goodChoice, form: 'guessed' });
      expect(page).toMatchObject({ status: 404, text: 'Not found\n' });
    });

    it('costs each copy two reads of a secret a minute, however many requests come', async () => {
      const before = calls('GetSecretValue');
      const start = Date.now();
      await Promise.all(
        Array.from({ length: 40 }, () => stranger().get(`/?key=${'a'.repeat(40)}.${'b'.repeat(43)}`)),
      );
      // Each copy reads current and previous once, and again a minute later at the earliest.
      const minutes = 1 + Math.floor((Date.now() - start) / 60_000);
      expect(calls('GetSecretValue') - before).toBeLessThanOrEqual(2 * 10 * minutes);
      expect(calls('BatchGetItem')).toBe(0);
    });

    it('does not open with a link that was signed for another purpose, or too long ago', async () => {
      const session = await signedBefore('session', { browser: 'x', minutes: 0 });
      expect((await stranger().get(`/?key=${session}`)).status).toBe(404);
      const old = await signedBefore('link', { browser: '', minutes: 31 });
      const page = await stranger().get(`/?key=${old}`);
      expect(page.status).toBe(410);
      expect(page.text).toContain('This link has expired');
    });

    it('reads no form that is too large', async () => {
      const page = await stranger().post('/existing', { privateKey: 'a'.repeat(40_000) });
      expect(page).toMatchObject({ status: 413, text: 'Too large\n' });
    });
  });

  describe('to the browser that opened a link', () => {
    it('sends headers that forbid framing, caching and referrers', async () => {
      const browser = await openPage(world.laptop);
      const { headers, status } = await browser.get('/');
      expect(status).toBe(200);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain(`form-action 'self' ${world.laptop.github.url}`);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    });

    it('moves the key from the address into a cookie that no script reads', async () => {
      const { link } = await runSetup(world.laptop, '--page');
      const page = await createBrowser(world.laptop.setupUrl).get(link);
      expect(page).toMatchObject({ status: 303, text: '' });
      expect(page.headers.get('location')).toBe('/');
      expect(page.headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Lax$/);
    });

    it('shows each error beside its field, and keeps what was entered', async () => {
      const browser = await openPage(world.laptop);
      const { hidden } = await browser.get('/');
      const organization = '"><script>alert(1)</script>';
      const page = await browser.post('/review', {
        ...hidden,
        ...goodChoice,
        organization,
        name: 'n'.repeat(35),
      });
      expect(page.status).toBe(422);
      expect(page.text).toMatch(/id="organization-fault">.* is not an organization’s name/);
      expect(page.text).toMatch(/id="name-fault">The name has 35 characters; GitHub allows 34/);
      expect(page.text).not.toContain('<script>');
      expect(page.text).toContain(`value="${'n'.repeat(35)}"`);
    });

    it('accepts no form that is not its own', async () => {
      const [browser, other] = [await openPage(world.laptop), await openPage(world.laptop)];
      const { hidden } = await other.get('/');
      const page = await browser.post('/review', { ...hidden, ...goodChoice });
      expect(page.status).toBe(409);
      expect(page.text).toContain('does not belong to the setup you started');
    });

    it('requests no more than was chosen', async () => {
      const browser = await openPage(world.laptop);
      const permissions = async (choice: object) => {
        const { reviewed } = await createOnGitHub(browser, { ...goodChoice, ...choice });
        return JSON.parse(reviewed.hidden['manifest']!).default_permissions;
      };
      const least = { metadata: 'read', actions: 'read' };
      expect(await permissions({})).toEqual({ ...least, organization_self_hosted_runners: 'write' });
      expect(await permissions({ level: 'repository' })).toEqual({ ...least, administration: 'write' });
      expect(await permissions({ level: 'both', reruns: 'yes' })).toEqual({
        metadata: 'read',
        actions: 'write',
        organization_self_hosted_runners: 'write',
        administration: 'write',
      });
    });

    it('accepts no answer of GitHub that another browser began, that is late, or that has no code', async () => {
      const [browser, other] = [await openPage(world.laptop), await openPage(world.laptop)];
      const { back } = await createOnGitHub(browser);
      const answer = new URL(back);
      expect((await createBrowser(world.laptop.setupUrl).get(back)).status).toBe(404);
      expect((await other.get(back)).text).toContain('does not belong to the setup you started');
      const late = await signedBefore('state', { browser: 'x', minutes: 31 });
      const tooLate = await browser.get(`/callback?code=${answer.searchParams.get('code')}&state=${late}`);
      expect(tooLate.text).toContain('The half hour for this setup has passed');
      const noCode = await browser.get(`/callback?state=${answer.searchParams.get('state')}`);
      expect(noCode.status).toBe(409);
      expect(storedApp()).toEqual({});
    });

    it('stores no existing App whose key GitHub refuses, and says so beside the field', async () => {
      const browser = await openPage(world.laptop);
      const { hidden } = await browser.get('/existing');
      const other = '99';
      const page = await browser.post('/existing', {
        ...hidden,
        appId: other,
        privateKey: world.laptop.github.privateKeyPem,
      });
      expect(page.status).toBe(422);
      const [, fault] = /id="privateKey-fault">([^<]*)/.exec(page.text) ?? [];
      expect(fault).toMatch(wrongKeyFault);
      expect(page.text).toContain('value="99"');
      expect(page.text).not.toContain('BEGIN PRIVATE KEY-----\n');
      expect(storedApp()).toEqual({});
    });

    it('explains what to do if the key is lost on its way from GitHub', async () => {
      world.laptop.github.setDials({
        faults: [{ route: 'POST /app-manifests/*', status: 500, when: 'drop', count: 1 }],
      });
      const browser = await openPage(world.laptop);
      const { back } = await createOnGitHub(browser);
      const page = await browser.get(back);
      expect(page.text).toContain('GitHub did not provide the App’s key');
      expect(page.text).toContain('delete it there and start again');
      // The link is used up; the next one goes on.
      expect((await browser.get('/')).status).toBe(410);
      expect(storedApp()).toEqual({});
    });

    it('explains what to do if the key could not be stored', async () => {
      world.laptop.endpoint.dials.set([
        {
          service: 'secretsmanager',
          action: 'PutSecretValue',
          caller,
          error: { code: 'InternalServiceError' },
        },
      ]);
      const browser = await openPage(world.laptop);
      const { back } = await createOnGitHub(browser);
      const page = await browser.get(back);
      world.laptop.endpoint.dials.set([]);
      expect(page.text).toContain('The App was created, but could not be stored');
      expect(page.text).toMatch(/npx mayfly setup --app-id \d+ --key FILE/);
      expect(storedApp()).toEqual({});
    });

    it('accepts one of two identical answers, stores the App, and is closed', async () => {
      const browser = await openPage(world.laptop);
      const { back } = await createOnGitHub(browser);
      const second = await createOnGitHub(browser);
      const state = new URL(back).searchParams.get('state')!;
      const copy = new URL(second.back);
      copy.searchParams.set('state', state);
      const pages = await Promise.all([browser.get(back), browser.tab().get(copy.href)]);

      const [won, lost] = pages.toSorted((one, other) => one.status - other.status);
      expect(won!.text).toContain('The App is ready');
      expect([409, 410]).toContain(lost!.status);
      expect(storedApp()).toMatchObject({ appId: String(world.laptop.github.appId) });
      expect(world.laptop.github.webhook()).toEqual({
        url: world.laptop.webhookUrl,
        secret: secret('WebhookSecretArn'),
      });
      for (const { text } of nonEmpty(pages)) {
        expect(text).not.toContain('PRIVATE KEY');
        expect(text).not.toContain(secret('WebhookSecretArn'));
        expect(text).not.toContain(storedApp()['clientSecret']);
      }
      await until('it is told', () => told('created').length === 1);
      expect(told('created')).toMatchObject([
        { appId: String(world.laptop.github.appId), by: expect.any(String) },
      ]);
    });

    it('accepts installations immediately', async () => {
      await world.install('acme');
    });
  });

  describe('once an App is stored', () => {
    it('is closed, both to its own browser and to a new link, and the command says how to open it', async () => {
      const link = await signedBefore('link', { browser: '', minutes: 0 });
      const page = await createBrowser(world.laptop.setupUrl).get(`/?key=${link}`);
      expect(page.status).toBe(410);
      expect(page.text).toContain('Already set up');
      const command = await runSetup(world.laptop, '--page');
      expect(command).toMatchObject({ status: 2, error: expect.stringContaining('--page --replace') });
    });

    it('opens again if the operator requests it, warns, and replaces the App with an existing one', async () => {
      const browser = await openPage(world.laptop, '--replace');
      const form = await browser.get('/existing');
      expect(form.text).toContain('This replaces the App of this deployment');
      const key = world.laptop.github.addPrivateKey();
      world.laptop.github.setAsked({ permissions: { metadata: 'read', actions: 'read' }, events: [] });
      const page = await browser.post('/existing', {
        ...form.hidden,
        appId: String(world.laptop.github.appId),
        privateKey: Buffer.from(key).toString('base64'),
        webhookSecret: 'a secret that GitHub has',
      });
      expect(page.text).toContain('The App is ready');
      expect(page.text).toContain(`webhook URL must be ${world.laptop.webhookUrl}`);
      expect(page.text).toMatch(
        /lacks permissions or events[\s\S]*Self-hosted runners: read and write[\s\S]*Workflow job/,
      );
      expect(storedApp()).toMatchObject({ privateKey: key });
      expect(secret('WebhookSecretArn')).toBe('a secret that GitHub has');
      expect((await browser.get('/existing')).status).toBe(410);
    });

    it('has logged who did what, and never a secret', async () => {
      await until('the last step is told', () => told('entered').length === 1);
      const lines = JSON.stringify(world.logged('setup-page'));
      expect(lines).not.toContain('PRIVATE KEY');
      expect(lines).not.toContain('a secret that GitHub has');
      expect(told('opened').length).toBeGreaterThan(5);
    });
  });

  const told = (step: string) => world.logged('setup-page').filter((line) => line['step'] === step);
});
