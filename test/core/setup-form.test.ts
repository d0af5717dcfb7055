import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readExistingAppForm, readNewAppForm } from '../../lib/core/setup-form.ts';

const good = { owner: 'organization', organization: 'acme', name: 'runners', level: 'organization' };
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;

describe('the form of a new App', () => {
  it('requests the least permissions by default', () => {
    expect(readNewAppForm(good)).toEqual({
      ok: true,
      wishes: { ...good, rerunsJobs: false, isPublic: false },
    });
  });

  it.each(['acme', 'Acme-Corp', 'a', 'octo_company', 'a'.repeat(39)])(
    'takes the organization %s',
    (organization) => {
      expect(readNewAppForm({ ...good, organization }).ok).toBe(true);
    },
  );

  it.each(['', '-acme', 'acme-', 'a--b', 'a/b', 'a b', '../x', 'a'.repeat(40), '<b>'])(
    'refuses the organization %j',
    (organization) => {
      expect(readNewAppForm({ ...good, organization })).toMatchObject({
        ok: false,
        faults: { organization: expect.any(String) },
      });
    },
  );

  it('reports all errors at once', () => {
    const read = readNewAppForm({
      owner: 'organization',
      organization: '!',
      name: 'n'.repeat(35),
      level: 'moon',
    });
    expect(read.ok ? [] : Object.keys(read.faults)).toEqual(['organization', 'name', 'level']);
  });

  it('shows beside each field what is allowed', () => {
    const asked = { organization: ' ', name: ' ', level: '' };
    expect(readNewAppForm(asked)).toEqual({
      ok: false,
      faults: {
        organization: 'Enter the organization’s login, as in its address on GitHub.',
        name: 'Enter a name for the App.',
        level: 'Choose where its runners register.',
      },
    });
    expect(readNewAppForm({})).toEqual(readNewAppForm(asked));
  });

  it('shows the entered values, in at most forty characters', () => {
    const faultOf = (organization: string) => {
      const read = readNewAppForm({ ...good, organization });
      return read.ok ? '' : read.faults['organization'];
    };
    const rest = ' is not an organization’s name. A name has at most 39 letters, digits and inner hyphens.';
    expect(faultOf('a'.repeat(40))).toBe(`"${'a'.repeat(40)}"${rest}`);
    expect(faultOf('a'.repeat(41))).toBe(`"${'a'.repeat(39)}…"${rest}`);
  });

  it('takes a name of 34 characters, and says how long a longer one is', () => {
    expect(readNewAppForm({ ...good, name: 'n'.repeat(34) }).ok).toBe(true);
    expect(readNewAppForm({ ...good, name: 'n'.repeat(35) })).toEqual({
      ok: false,
      faults: { name: 'The name has 35 characters; GitHub allows 34.' },
    });
  });

  it('accepts values without surrounding spaces, and ticked boxes', () => {
    expect(
      readNewAppForm({ ...good, organization: ' acme ', name: ' runners ', reruns: 'yes', public: 'yes' }),
    ).toEqual({
      ok: true,
      wishes: { ...good, rerunsJobs: true, isPublic: true },
    });
    expect(readNewAppForm({ ...good, reruns: 'no', public: 'on' })).toMatchObject({
      wishes: { rerunsJobs: false, isPublic: false },
    });
  });

  it('knows that a personal account has runners of repositories only', () => {
    const own = { ...good, owner: 'account', organization: '' };
    expect(readNewAppForm(own)).toMatchObject({
      ok: false,
      faults: { level: expect.stringContaining('Repositories') },
    });
    expect(readNewAppForm({ ...own, level: 'repository' }).ok).toBe(true);
    expect(readNewAppForm({ ...own, public: 'yes' }).ok).toBe(true);
  });
});

describe('the form of an existing App', () => {
  it.each([pem, pem.replaceAll('\n', '\r\n'), Buffer.from(pem).toString('base64')])(
    'accepts the key as %j',
    (given) => {
      expect(readExistingAppForm({ appId: ' 123456 ', privateKey: given })).toEqual({
        ok: true,
        wishes: { appId: '123456', privateKey: pem, webhookSecret: '' },
      });
    },
  );

  it('shows beside each field what is allowed', () => {
    const faults = {
      appId: 'Enter the App’s id, from the top of its settings page.',
      privateKey: 'Paste a private key of the App.',
    };
    expect(readExistingAppForm({})).toEqual({ ok: false, faults });
    expect(readExistingAppForm({ appId: ' ', privateKey: ' ', webhookSecret: ' ' })).toEqual({
      ok: false,
      faults,
    });
  });

  it.each([
    [15, false],
    [16, true],
    [256, true],
    [257, false],
  ])('with a webhook secret of %i characters is taken: %s', (length, ok) => {
    const webhookSecret = 's'.repeat(length);
    const read = readExistingAppForm({ appId: '1', privateKey: pem, webhookSecret: ` ${webhookSecret} ` });
    expect(read).toMatchObject(
      ok
        ? { ok, wishes: { webhookSecret } }
        : { ok, faults: { webhookSecret: expect.stringContaining(`has ${length} characters`) } },
    );
  });

  it.each(['1', '123456789012', 'Iv1.0123456789abcdef', 'Iv23liABCDEFGHIJ'])('takes the id %s', (appId) => {
    expect(readExistingAppForm({ appId, privateKey: pem })).toMatchObject({ ok: true, wishes: { appId } });
  });

  it.each(['1234567890123', '12a', 'a12', 'Iv1.', 'xIv1.0123456789abcdef', `Iv${'a'.repeat(39)}`])(
    'refuses the id %s',
    (appId) => {
      const read = readExistingAppForm({ appId, privateKey: pem });
      expect(read).toMatchObject({
        ok: false,
        faults: { appId: expect.stringMatching(/ is not an App id\. Enter a number/) },
      });
    },
  );

  it('reports all errors at once, without showing a secret', () => {
    const read = readExistingAppForm({ appId: 'my-app', privateKey: 'hush-hush', webhookSecret: 'short' });
    expect(read).toMatchObject({
      ok: false,
      faults: {
        appId: expect.stringContaining('my-app'),
        privateKey: expect.stringContaining('is not a private key'),
        webhookSecret: 'It has 5 characters; enter 16 to 256, or none.',
      },
    });
    expect(JSON.stringify(read)).not.toContain('hush');
  });
});
