/**
 * Checks offline that AWS signed an instance identity document, for a machine of this account and region that started
 * recently. It trusts the certificates that it was given, and nothing that a machine says about itself.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-iid.html (base64-encoded signature, RSA)
 */
import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { awsCertificates, trustedCertificates } from '../../contract/aws-certificates.ts';
import { InstanceId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Identity, IdentityRefusal, IdentityVerifier } from '../../ports/identity.ts';

export interface VerifierOptions {
  /** Only machines of this account and region are trusted. */
  readonly accountId: string;
  readonly region: string;
  /** A machine that started longer ago is refused: its launch is over. */
  readonly maxAgeSeconds: number;
  readonly clock: Clock;
  /** PEM; trusted besides AWS's own for the region. */
  readonly certificates?: readonly string[] | undefined;
}

/** How far a machine's start may be ahead of this clock. */
const clockSkewSeconds = 300;
/** A document has about 500 bytes, a signature 128. No genuine one is larger. */
const longestText = 8_192;

/** @throws Error if no certificate is known for the region, or a given one is invalid */
export function createIdentityVerifier(options: VerifierOptions): IdentityVerifier {
  const keys = trustedKeys(options);
  return {
    async verify(document, signature) {
      if (document.length > longestText || signature.length > longestText) return { refused: 'malformed' };
      const bytes = Buffer.from(document, 'base64');
      const signed = Buffer.from(signature, 'base64');
      if (bytes.length === 0 || signed.length === 0) return { refused: 'malformed' };
      if (!keys.some((key) => verify('RSA-SHA256', bytes, key, signed))) return { refused: 'unverified' };
      const identity = readDocument(bytes);
      if (!identity) return { refused: 'malformed' };
      const refused = refusal(identity, options);
      return refused ? { refused } : identity;
    },
  };
}

function refusal(identity: Identity, options: VerifierOptions): IdentityRefusal | undefined {
  const ageSeconds = (options.clock.now() - identity.pendingTime) / 1000;
  if (identity.accountId !== options.accountId) return 'other-account';
  if (identity.region !== options.region) return 'other-region';
  return ageSeconds > options.maxAgeSeconds || ageSeconds < -clockSkewSeconds ? 'expired' : undefined;
}

function readDocument(bytes: Buffer): Identity | undefined {
  let fields: Record<string, unknown> | null;
  try {
    fields = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  const { instanceId, accountId, region, pendingTime, instanceType, availabilityZone: zone } = fields ?? {};
  const startedAt = typeof pendingTime === 'string' ? Date.parse(pendingTime) : Number.NaN;
  if (typeof instanceId !== 'string' || typeof accountId !== 'string' || typeof region !== 'string') {
    return undefined;
  }
  if (Number.isNaN(startedAt)) return undefined;
  return {
    ...{ instanceId: InstanceId(instanceId), accountId, region, pendingTime: startedAt },
    ...(typeof instanceType === 'string' ? { instanceType } : {}),
    ...(typeof zone === 'string' ? { zone } : {}),
  };
}

function trustedKeys({ certificates, region }: VerifierOptions): KeyObject[] {
  const trusted = trustedCertificates(region, certificates);
  if (trusted.length > 0) return trusted.map(publicKey);
  throw new Error(
    `There is no AWS certificate for instance identity documents of the region ${region}; there are some for ` +
      `${Object.keys(awsCertificates).join(', ')}. Take the region's RSA certificate from ` +
      'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/regions-certs.html and set it as ' +
      `identityCertificates["${region}"] in the configuration.`,
  );
}

function publicKey(pem: string): KeyObject {
  try {
    return new X509Certificate(pem).publicKey;
  } catch (cause) {
    const given = JSON.stringify(pem.slice(0, 40));
    throw new Error(`One of identityCertificates is not a PEM certificate: ${given}…`, { cause });
  }
}
