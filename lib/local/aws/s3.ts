/**
 * S3, as far as the platform uses it: objects that are put, read, listed and deleted, under identity policies and the
 * bucket's own. A request without a signature is nobody's, and needs a bucket policy that allows everyone.
 */

import { isPublic, namesEveryone } from './s3/public-policy.ts';
import { readS3Request } from './s3/request.ts';
import { Buckets, putObject, type StoredObject } from './s3/store.ts';
import { type AwsAnswer, type AwsCall, AwsError, type AwsService, type PolicyDocument } from './service.ts';
import { element, escapeXml } from './xml.ts';

export interface S3Service extends AwsService {
  createBucket(bucket: { name: string; blocksPublicPolicies: boolean }): void;
  /** @throws AwsError where it is public and the bucket blocks that; Error where it names somebody but everyone */
  setPolicy(bucket: string, policy: PolicyDocument): void;
  /** As the operator sees it; undefined: it is not there. */
  read(bucket: string, key: string): Buffer | undefined;
  keys(bucket: string): string[];
}

/** IAM's names of actions, where they differ from the API's. */
const permissions: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
};

export function createS3Service(): S3Service {
  const buckets = new Buckets();
  return {
    service: 's3',
    takesAnonymous: true,
    readRequest: readS3Request,
    questions: ({ action, input, sourceVpce }) => {
      const { Bucket, Key, prefix } = input as Readonly<Record<string, string | undefined>>;
      const bucketArn = `arn:aws:s3:::${Bucket}`;
      const context = {
        ...(sourceVpce === undefined ? {} : { 'aws:sourcevpce': sourceVpce }),
        ...(prefix === undefined ? {} : { 's3:prefix': prefix }),
      };
      const resource = action === 'ListObjectsV2' ? bucketArn : `${bucketArn}/${Key}`;
      const asked = { action: `s3:${permissions[action] ?? action}`, resource, context };
      // Whether a key is not there, S3 tells only to those who may list.
      const isMissing =
        asked.action === 's3:GetObject' && !buckets.find(Bucket ?? '')?.objects.has(Key ?? '');
      return isMissing ? [asked, { action: 's3:ListBucket', resource: bucketArn, context }] : [asked];
    },
    policyOf: ({ input }) => buckets.find(String(input['Bucket']))?.policy,
    async handle(call) {
      const act = actions[call.action as keyof typeof actions];
      return act(buckets, call);
    },
    createBucket: (bucket) => buckets.create(bucket),
    setPolicy(name, policy) {
      const bucket = buckets.get(name);
      const odd = [policy.Statement].flat().find((statement) => !namesEveryone(statement));
      if (odd) {
        throw new Error(
          `A statement of the policy of ${name} has the Principal ${JSON.stringify(odd.Principal)}; known here is "*".`,
        );
      }
      if (bucket.blocksPublicPolicies && isPublic(policy)) {
        throw new AwsError(
          'AccessDenied',
          `Block Public Access refuses the policy of ${name}: it is public.`,
          403,
        );
      }
      bucket.policy = policy;
    },
    read: (bucket, key) => buckets.find(bucket)?.objects.get(key)?.bytes,
    keys: (bucket) => [...(buckets.find(bucket)?.objects.keys() ?? [])].sort(),
  };
}

const actions = {
  GetObject: (buckets: Buckets, call: AwsCall) => objectAnswer(findObject(buckets, call), true),
  HeadObject: (buckets: Buckets, call: AwsCall) => objectAnswer(findObject(buckets, call), false),
  PutObject(buckets: Buckets, { input, body, headers }: AwsCall) {
    const { etag } = putObject(buckets.get(String(input['Bucket'])), String(input['Key']), { body, headers });
    return { status: 200, headers: { etag }, body: '' };
  },
  DeleteObject(buckets: Buckets, { input }: AwsCall) {
    buckets.get(String(input['Bucket'])).objects.delete(String(input['Key']));
    return { status: 204, headers: {}, body: '' };
  },
  ListObjectsV2: (buckets: Buckets, { input }: AwsCall) => listAnswer(buckets, input),
} as const;

function findObject(buckets: Buckets, { input }: AwsCall): StoredObject {
  const found = buckets.get(String(input['Bucket'])).objects.get(String(input['Key']));
  if (found) return found;
  throw new AwsError('NoSuchKey', `The specified key does not exist: ${String(input['Key'])}`, 404);
}

function objectAnswer({ bytes, contentType, etag, storedAt }: StoredObject, whole: boolean): AwsAnswer {
  return {
    status: 200,
    headers: { 'content-type': contentType, etag, 'last-modified': new Date(storedAt).toUTCString() },
    body: whole ? bytes : '',
  };
}

/** S3 pages at 1,000; so many a laptop never has. */
const pageSize = 1_000;

function listAnswer(buckets: Buckets, input: AwsCall['input']): AwsAnswer {
  const { name, objects } = buckets.get(String(input['Bucket']));
  const prefix = String(input['prefix'] ?? '');
  const found = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  if (found.length > pageSize) {
    throw new AwsError(
      'NotImplemented',
      `The laptop's S3 lists ${pageSize} objects; there are ${found.length}.`,
      501,
    );
  }
  const contents = found.map(([key, { bytes, storedAt, etag }]) =>
    element(
      'Contents',
      element('Key', escapeXml(key)) +
        element('LastModified', new Date(storedAt).toISOString()) +
        element('ETag', escapeXml(etag)) +
        element('Size', String(bytes.length)),
    ),
  );
  const about = element('Name', name) + element('Prefix', escapeXml(prefix));
  const count = element('KeyCount', String(found.length)) + element('IsTruncated', 'false');
  const body = element('ListBucketResult', about + count + contents.join(''));
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}
