/**
 * The App is read in any form in which people store it, a missing one is reported with the command that creates it,
 * and no error shows a key.
 */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createStoredApp, readAppSecret } from '../../../lib/adapters/secrets-manager/stored-app.ts';
import { appMissing } from '../../../lib/ports/app-credentials.ts';
import { createMemorySecret } from '../../fakes/secrets.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const secretOf = (key: unknown) => JSON.stringify({ appId: '123456', privateKey: key });

describe("the App's private key", () => {
  it.each([
    { name: 'PKCS#1', given: pkcs1, expected: pkcs1 },
    { name: 'PKCS#8', given: pkcs8, expected: pkcs8 },
    { name: 'PEM with white space around it', given: `\n ${pkcs1} \n`, expected: pkcs1 },
    {
      name: "PEM from a form, with the form's line ends",
      given: pkcs1.replaceAll('\n', '\r\n'),
      expected: pkcs1,
    },
    { name: 'PEM with line breaks as \\n', given: pkcs1.replaceAll('\n', '\\n'), expected: pkcs1 },
    { name: 'base64 of PEM', given: Buffer.from(pkcs1).toString('base64'), expected: pkcs1 },
  ])('may be $name', ({ given, expected }) => {
    expect(readAppSecret(secretOf(given))).toEqual({ appId: '123456', privateKey: expected });
  });

  it.each([
    { name: 'not JSON', secret: 'hush-hush', message: /is not JSON/ },
    { name: 'null', secret: 'null', message: /is not a JSON object/ },
    { name: 'without the id', secret: '{"privateKey":"hush-hush"}', message: /no appId/ },
    { name: 'without the key', secret: '{"appId":"1","key":"hush-hush"}', message: /no privateKey/ },
    { name: 'with an invalid key', secret: secretOf('hush-hush'), message: /is not a key/ },
  ])('is refused when the secret is $name, without showing it', ({ secret, message }) => {
    expect(() => readAppSecret(secret)).toThrow(message);
    expect(() => readAppSecret(secret)).toThrow(/npx mayfly setup/);
    expect(() => readAppSecret(secret)).not.toThrow(/hush/);
  });
});

describe('a deployment without an App', () => {
  it('names the command that creates one, and finds it a minute after it was stored', async () => {
    let now = 0;
    const clock = { now: () => now, sleep: async () => undefined };
    const secret = createMemorySecret({ value: '{}', clock });
    const app = createStoredApp(secret);
    const missing = { code: appMissing, message: expect.stringContaining('npx mayfly setup') };
    await expect(app.current()).rejects.toMatchObject(missing);
    secret.rotate(secretOf(pkcs1));
    await expect(app.current()).rejects.toMatchObject(missing);
    expect(secret.reads()).toBe(1);
    now = 60_000;
    expect(await app.current()).toEqual({ appId: '123456', privateKey: pkcs1 });
  });
});
