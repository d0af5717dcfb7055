/**
 * The fingerprint of an App's private key as on GitHub's settings page, so that people know which key to delete there.
 * Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps#verifying-private-keys
 */
import { createHash, createPublicKey } from 'node:crypto';

/** @param privateKey PEM. @returns `SHA256:` and the base64 of the public key's digest; undefined: it is not a key */
export function keyFingerprint(privateKey: string): string | undefined {
  const publicKey = derOf(privateKey);
  return publicKey && `SHA256:${createHash('sha256').update(publicKey).digest('base64')}`;
}

function derOf(privateKey: string): Buffer | undefined {
  try {
    return createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  } catch {
    return undefined;
  }
}
