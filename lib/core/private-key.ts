/**
 * A private key as people paste it: GitHub's PEM, PEM with line breaks written as `\n`, or base64 of the PEM. Only GitHub
 * can tell whether it belongs to the right App.
 */

/** The accepted forms, for messages. */
export const privateKeyForms = 'the PEM file that GitHub gave you, or base64 of it';

/** @returns PEM that ends with a line break; undefined if it is not a key */
export function readPrivateKey(text: string): string | undefined {
  const asGiven = text.replaceAll('\\n', '\n').replaceAll('\r', '').trim();
  const pem = isPem(asGiven) ? asGiven : Buffer.from(asGiven, 'base64').toString('utf8').trim();
  return isPem(pem) ? `${pem}\n` : undefined;
}

const isPem = (text: string) =>
  /^-----BEGIN (RSA )?PRIVATE KEY-----[\s\S]+-----END (RSA )?PRIVATE KEY-----$/.test(text);
