/**
 * Instance identity: documents, their signatures, and the certificate that verifies them, created at each start and
 * trusted only by this laptop's platform. node:crypto issues no certificates, so the few structures of a self-signed one
 * are written here (DER; RFC 5280, section 4.1).
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Ec2Account, Instance } from './account.ts';
import { architectureOf } from './describe-instances.ts';

/** Whose machines they are. */
type Owner = Pick<Ec2Account, 'accountId' | 'region'>;

export interface IdentitySigner {
  readonly certificatePem: string;
  /** The exact text that the metadata service serves. */
  document(owner: Owner, instance: Instance): string;
  /** Base64 in lines of 64, as from the metadata service. */
  signature(document: string): string;
}

export function createIdentitySigner(now: Date): IdentitySigner {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    certificatePem: selfSigned(privateKey, publicKey, now),
    document,
    signature: (text) => lines(sign('sha256', Buffer.from(text), privateKey)),
  };
}

function document({ accountId, region }: Owner, instance: Instance): string {
  const facts = {
    accountId,
    architecture: architectureOf(instance.instanceType),
    availabilityZone: instance.subnet.availabilityZone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: instance.imageId,
    instanceId: instance.instanceId,
    instanceType: instance.instanceType,
    kernelId: null,
    pendingTime: `${new Date(instance.launchedAt).toISOString().slice(0, 19)}Z`,
    privateIp: instance.privateIp,
    ramdiskId: null,
    region,
    version: '2017-09-30',
  };
  return JSON.stringify(facts, null, 2);
}

const lines = (bytes: Buffer) => (bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n');

const tag = {
  integer: 0x02,
  bitString: 0x03,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
};

function der(type: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([type, ...size]), content]);
}

/** A version 1 certificate: it claims only a name and a key. Valid from a day ago for ten years. */
function selfSigned(privateKey: KeyObject, publicKey: KeyObject, now: Date): string {
  const sha256WithRsa = der(
    tag.sequence,
    der(tag.oid, Buffer.from('2a864886f70d01010b', 'hex')),
    der(tag.null),
  );
  const commonName = der(tag.oid, Buffer.from('550403', 'hex'));
  const name = der(
    tag.sequence,
    der(tag.set, der(tag.sequence, commonName, der(tag.utf8, Buffer.from('Mayfly laptop platform')))),
  );
  const day = 86_400_000;
  const validity = der(
    tag.sequence,
    der(tag.time, generalizedTime(now.getTime() - day)),
    der(tag.time, generalizedTime(now.getTime() + 3650 * day)),
  );
  const body = der(
    tag.sequence,
    der(tag.integer, Buffer.from([1])),
    sha256WithRsa,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(tag.bitString, Buffer.from([0]), sign('sha256', body, privateKey));
  const certificate = der(tag.sequence, body, sha256WithRsa, signature);
  return `-----BEGIN CERTIFICATE-----\n${lines(certificate)}\n-----END CERTIFICATE-----\n`;
}

/** `20261121053000Z`. */
const generalizedTime = (at: number) =>
  Buffer.from(`${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`);
