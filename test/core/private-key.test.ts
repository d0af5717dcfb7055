import { describe, expect, it } from '@jest/globals';
import { readPrivateKey } from '../../lib/core/private-key.ts';

const pemOf = (kind: string) => `-----BEGIN ${kind}-----\nabc\ndef\n-----END ${kind}-----`;
const pem = pemOf('RSA PRIVATE KEY');
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a private key as people paste it', () => {
  it.each([
    ['PKCS#1', pem, pem],
    ['PKCS#8', pemOf('PRIVATE KEY'), pemOf('PRIVATE KEY')],
    ['with space around it', `\n  ${pem} \n`, pem],
    ['with written line breaks', pem.replaceAll('\n', '\\n'), pem],
    ['with the line breaks of Windows', pem.replaceAll('\n', '\r\n'), pem],
    ['in base64', base64(pem), pem],
    ['in base64, with space around it', base64(`\n${pem}\n\n`), pem],
  ])('is accepted: %s', (_title, text, expected) => {
    expect(readPrivateKey(text)).toBe(`${expected}\n`);
  });

  it.each([
    ['', 'nothing'],
    ['hush', 'any text'],
    [`x${pem}`, 'text before it'],
    [`${pem}x`, 'text behind it'],
    [pemOf('PUBLIC KEY'), 'a public key'],
    [base64('hush'), 'base64 of any text'],
    ['-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----', 'a key without a body'],
  ])('is refused: %j, %s', (text) => {
    expect(readPrivateKey(text)).toBeUndefined();
  });
});
