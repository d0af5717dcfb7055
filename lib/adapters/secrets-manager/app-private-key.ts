/**
 * The App's private key out of its secret. The secret is JSON, `{"privateKey": "…"}`; the key is PEM as
 * GitHub gave it, PEM whose line breaks were written as `\n`, or base64 of the PEM. No message holds any part
 * of it.
 */
import type { AppSecret } from '../../contract/secrets.ts';

/** @throws Error that says what the secret must hold */
export function appPrivateKey(secret: string): string {
  const key = privateKeyField(secret);
  const asGiven = key.replaceAll('\\n', '\n').trim();
  const pem = isPem(asGiven) ? asGiven : Buffer.from(asGiven, 'base64').toString('utf8').trim();
  if (!isPem(pem)) throw new Error(`The App's secret holds a privateKey that is no key. ${allowed}`);
  return `${pem}\n`;
}

const allowed =
  'Allowed is JSON, {"privateKey": "…"}, with the PEM file that GitHub gave you, or base64 of it.';
const isPem = (text: string) =>
  /^-----BEGIN (RSA )?PRIVATE KEY-----[\s\S]+-----END (RSA )?PRIVATE KEY-----$/.test(text);

function privateKeyField(secret: string): string {
  let parsed: Partial<AppSecret> | null;
  try {
    parsed = JSON.parse(secret) as Partial<AppSecret> | null;
  } catch {
    throw new Error(`The App's secret is not JSON. ${allowed}`);
  }
  const key = parsed?.privateKey;
  if (typeof key !== 'string' || key === '')
    throw new Error(`The App's secret has no privateKey. ${allowed}`);
  return key;
}
