/**
 * Buckets and their objects, in memory. An object is replaced whole or not at all; the bytes are checked against the
 * length and checksums that came with them before anything is stored.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError, type PolicyDocument } from '../service.ts';

export interface StoredObject {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly storedAt: number;
  readonly etag: string;
}

export interface Bucket {
  readonly name: string;
  readonly blocksPublicPolicies: boolean;
  /** Absent: the laptop's account. */
  readonly owner?: string;
  policy: PolicyDocument | undefined;
  /** Of it what is about people and functions. */
  policyForCallers: PolicyDocument | undefined;
  readonly objects: Map<string, StoredObject>;
}

export class Buckets {
  readonly #buckets = new Map<string, Bucket>();

  create(bucket: Pick<Bucket, 'name' | 'blocksPublicPolicies' | 'owner'>): void {
    if (this.#buckets.has(bucket.name)) {
      throw new AwsError('BucketAlreadyOwnedByYou', `There is a bucket ${bucket.name} already.`, 409);
    }
    this.#buckets.set(bucket.name, {
      ...bucket,
      policy: undefined,
      policyForCallers: undefined,
      objects: new Map(),
    });
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** @throws AwsError NoSuchBucket */
  get(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket) return bucket;
    throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${name}`, 404);
  }
}

type Headers = Readonly<Record<string, string>>;

/** @throws AwsError where the bytes do not match the headers */
export function putObject(
  bucket: Bucket,
  key: string,
  sent: { body: Buffer; headers: Headers },
  storedAt = Date.now(),
): StoredObject {
  const { body, headers } = sent;
  checkLength(body, headers);
  checkChecksums(body, headers);
  const stored = {
    bytes: Buffer.from(body),
    contentType: headers['content-type'] ?? 'application/octet-stream',
    storedAt,
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
  };
  bucket.objects.delete(key);
  bucket.objects.set(key, stored);
  return stored;
}

function checkLength(body: Buffer, headers: Headers): void {
  if (headers['content-encoding']?.includes('aws-chunked')) {
    throw new AwsError(
      'NotImplemented',
      "The laptop's S3 takes no chunked bodies; give length and checksum.",
      501,
    );
  }
  const length = headers['content-length'];
  if (length === undefined) throw new AwsError('MissingContentLength', 'You must provide a length.', 411);
  if (Number(length) !== body.length) {
    throw new AwsError('IncompleteBody', `Content-Length says ${length}; ${body.length} bytes came.`);
  }
}

const checksums: Readonly<Record<string, (body: Buffer) => string>> = {
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
  'x-amz-checksum-crc32': (body) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString('base64');
  },
};

function checkChecksums(body: Buffer, headers: Headers): void {
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('x-amz-checksum-')) continue;
    const compute = checksums[header];
    if (!compute) throw new AwsError('NotImplemented', `The laptop's S3 cannot compute ${header}.`, 501);
    if (compute(body) !== value) {
      throw new AwsError('BadDigest', `The ${header} you specified did not match what was received.`);
    }
  }
}
