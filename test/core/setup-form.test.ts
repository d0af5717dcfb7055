import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readExistingAppForm, readNewAppForm } from '../../lib/core/setup-form.ts';

const good = { owner: 'organization', organization: 'acme', name: 'runners', level: 'organization' };
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;

describe('the form of a new App', () => {
  it('asks for the least where nothing more is chosen', () => {
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

  it('tells all faults at once', () => {
    const read = readNewAppForm({
      owner: 'organization',
      organization: '!',
      name: 'n'.repeat(35),
      level: 'moon',
    });
    expect(read.ok ? [] : Object.keys(read.faults)).toEqual(['organization', 'name', 'level']);
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
    'takes the key as %j',
    (given) => {
      expect(readExistingAppForm({ appId: ' 123456 ', privateKey: given })).toEqual({
        ok: true,
        wishes: { appId: '123456', privateKey: pem, webhookSecret: '' },
      });
    },
  );

  it('tells all faults at once, without showing a secret', () => {
    const read = readExistingAppForm({ appId: 'my-app', privateKey: 'hush-hush', webhookSecret: 'short' });
    expect(read).toMatchObject({
      ok: false,
      faults: {
        appId: expect.stringContaining('my-app'),
        privateKey: expect.stringContaining('is no private key'),
        webhookSecret: 'It has 5 characters; allowed are 16 to 256, or none.',
      },
    });
    expect(JSON.stringify(read)).not.toContain('hush');
  });
});
