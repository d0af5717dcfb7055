/** A private key that belongs to no App; the GitHub stand-ins of one process share one key. */
import { generateKeyPairSync } from 'node:crypto';

export const otherAppKey = (): string =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
