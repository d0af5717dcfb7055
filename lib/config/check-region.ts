/**
 * The rules for the region and for the certificates that verify machines' identity documents. A document that no
 * certificate matches is refused at every claim, so synth reports invalid certificates.
 */
import { X509Certificate } from 'node:crypto';
import { awsCertificates } from '../contract/aws-certificates.ts';
import type { MayflyConfig } from './config.ts';
import { expect, expectText, isRecord, isTextList, shown } from './faults.ts';

const regionRule = {
  pattern: /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/,
  allowed: 'the name of an AWS region, such as "us-east-1"',
};

/** Each one costs a verification at every claim. During a rotation AWS has two. */
const mostCertificates = 5;

/** In a region without a known certificate no machine could prove its identity, and every claim would be refused. */
export function regionFaults({ region, identityCertificates }: MayflyConfig): string[] {
  const faults = expectText('region', region, regionRule);
  if (faults.length > 0) return faults;
  const added = isRecord(identityCertificates) && Object.hasOwn(identityCertificates, region);
  return expect('region', region, {
    fits: added || Object.hasOwn(awsCertificates, region),
    allowed:
      `one whose certificate for instance identity documents is known (${Object.keys(awsCertificates).join(', ')}), ` +
      `or identityCertificates[${shown(region)}] must hold it`,
  });
}

export function identityFaults(certificates: unknown): string[] {
  if (certificates === undefined) return [];
  if (!isRecord(certificates)) {
    return expect('identityCertificates', certificates, {
      fits: false,
      allowed:
        'an object of lists by region, such as { "us-east-1": ["-----BEGIN CERTIFICATE-----…"] }, or left out',
    });
  }
  return Object.entries(certificates).flatMap(([region, list]) => [
    ...expectText('a region of identityCertificates', region, regionRule),
    ...listFaults(`identityCertificates[${shown(region)}]`, list),
  ]);
}

function listFaults(name: string, list: unknown): string[] {
  if (!isTextList(list) || list.length < 1 || list.length > mostCertificates) {
    return expect(name, list, {
      fits: false,
      allowed: `a list of 1 to ${mostCertificates} PEM certificates`,
    });
  }
  return list.flatMap((pem, n) =>
    expect(`${name}[${n}]`, pem, {
      fits: isOneRsaCertificate(pem),
      allowed: 'one PEM certificate with an RSA key, from "-----BEGIN CERTIFICATE-----" on',
    }),
  );
}

/** If one text held several certificates, all but the first would be ignored. */
function isOneRsaCertificate(pem: string): boolean {
  if (pem.split('-----BEGIN CERTIFICATE-----').length !== 2) return false;
  try {
    return new X509Certificate(pem).publicKey.asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
