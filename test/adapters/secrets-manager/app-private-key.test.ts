/** The App's key is taken as people paste it, and no error shows any of it. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { appPrivateKey } from '../../../lib/adapters/secrets-manager/app-private-key.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const secretOf = (key: unknown) => JSON.stringify({ privateKey: key });

describe("the App's private key", () => {
  it.each([
    { name: 'PKCS#1', given: pkcs1, expected: pkcs1 },
    { name: 'PKCS#8', given: pkcs8, expected: pkcs8 },
    { name: 'PEM with space around it', given: `\n ${pkcs1} \n`, expected: pkcs1 },
    { name: 'PEM with written line breaks', given: pkcs1.replaceAll('\n', '\\n'), expected: pkcs1 },
    { name: 'base64 of PEM', given: Buffer.from(pkcs1).toString('base64'), expected: pkcs1 },
  ])('may be $name', ({ given, expected }) => {
    expect(appPrivateKey(secretOf(given))).toBe(expected);
  });

  it.each([
    { name: 'no JSON', secret: 'hush-hush', message: /is not JSON/ },
    { name: 'null', secret: 'null', message: /no privateKey/ },
    { name: 'without the key', secret: '{"key":"hush-hush"}', message: /no privateKey/ },
    { name: 'with a key that is none', secret: secretOf('hush-hush'), message: /is no key/ },
  ])('is refused when the secret is $name, without showing it', ({ secret, message }) => {
    expect(() => appPrivateKey(secret)).toThrow(message);
    expect(() => appPrivateKey(secret)).not.toThrow(/hush/);
  });
});
