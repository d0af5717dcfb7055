/**
 * A private key as people paste it: PEM as GitHub gave it, PEM whose line breaks were written as `\n`, or base64 of the
 * PEM. Only GitHub can tell whether it is the right App's key.
 */

/** The accepted forms, for messages. */
export const privateKeyForms = 'the PEM file that GitHub gave you, or base64 of it';

/** @returns PEM that ends with a line break; undefined where it is none */
export function readPrivateKey(text: string): string | undefined {
  const asGiven = text.replaceAll('\\n', '\n').replaceAll('\r', '').trim();
  const pem = isPem(asGiven) ? asGiven : Buffer.from(asGiven, 'base64').toString('utf8').trim();
  return isPem(pem) ? `${pem}\n` : undefined;
}

const isPem = (text: string) =>
  /^-----BEGIN (RSA )?PRIVATE KEY-----[\s\S]+-----END (RSA )?PRIVATE KEY-----$/.test(text);
