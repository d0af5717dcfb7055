/**
 * S3, as far as the platform uses it: objects are put, read, listed and deleted, under identity policies and the bucket's
 * own. A request without a signature is anonymous, and needs a bucket policy that allows everyone.
 */
import { compileDocument } from './iam/statement.ts';
import { isPublic, namesEveryone, serviceOf } from './s3/public-policy.ts';
import { readS3Request } from './s3/request.ts';
import { Buckets, putObject, type StoredObject } from './s3/store.ts';
import { type AwsAnswer, type AwsCall, AwsError, type AwsService, type PolicyDocument } from './service.ts';
import { element, escapeXml } from './xml.ts';

export interface S3Service extends AwsService {
  /** @param bucket.owner another account than the laptop's */
  createBucket(bucket: { name: string; blocksPublicPolicies: boolean; owner?: string }): void;
  /** @throws AwsError if it is public and the bucket blocks that; Error if it names a principal other than everyone */
  setPolicy(bucket: string, policy: PolicyDocument): void;
  /**
   * An AWS service writes an object for an account, as far as the bucket's policy allows it.
   * @throws AwsError AccessDenied, NoSuchBucket
   */
  deliver(object: Delivered): void;
  /** Without writing. @throws AwsError as `deliver` */
  checkDelivery(to: Omit<Delivered, 'bytes'>): void;
  /** As the operator sees it; undefined: it does not exist. */
  read(bucket: string, key: string): Buffer | undefined;
  keys(bucket: string): string[];
}

export interface Delivered {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Buffer;
  /** `bcm-data-exports.amazonaws.com`. */
  readonly service: string;
  /** Condition keys in lower case: `aws:sourcearn`. */
  readonly context: Readonly<Record<string, string>>;
}

/** IAM's names of actions, where they differ from the API's. */
const permissions: Readonly<Record<string, string>> = {
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
};

export function createS3Service(now: () => number = Date.now): S3Service {
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
      const resource = ['HeadBucket', 'ListObjectsV2'].includes(action) ? bucketArn : `${bucketArn}/${Key}`;
      const asked = { action: `s3:${permissions[action] ?? action}`, resource, context };
      // Only callers that may list learn whether a key exists.
      const isMissing =
        asked.action === 's3:GetObject' && !buckets.find(Bucket ?? '')?.objects.has(Key ?? '');
      return isMissing ? [asked, { action: 's3:ListBucket', resource: bucketArn, context }] : [asked];
    },
    policyOf: ({ input }) => buckets.find(String(input['Bucket']))?.policyForCallers,
    async handle(call) {
      const act = actions[call.action as keyof typeof actions];
      refuseForeign(buckets, call);
      return act(buckets, call);
    },
    createBucket: (bucket) => buckets.create(bucket),
    setPolicy(name, policy) {
      const bucket = buckets.get(name);
      const odd = [policy.Statement]
        .flat()
        .find((statement) => !namesEveryone(statement) && serviceOf(statement) === undefined);
      if (odd) {
        throw new Error(
          `A statement of the policy of ${name} has the Principal ${JSON.stringify(odd.Principal)}; known here are "*" and a service.`,
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
      // A statement for a service admits nobody else.
      const Statement = [policy.Statement].flat().filter(namesEveryone);
      bucket.policyForCallers = { ...policy, Statement };
    },
    checkDelivery: (to) => refuseDelivery(buckets, to),
    deliver(object) {
      refuseDelivery(buckets, object);
      const { bucket, key, bytes } = object;
      const headers = { 'content-length': String(bytes.length) };
      putObject(buckets.get(bucket), key, { body: bytes, headers }, now());
    },
    read: (bucket, key) => buckets.find(bucket)?.objects.get(key)?.bytes,
    keys: (bucket) => [...(buckets.find(bucket)?.objects.keys() ?? [])].sort(),
  };
}

/**
 * Names of buckets are global, and somebody else may own one of any name.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
 */
function refuseForeign(buckets: Buckets, { input, headers }: AwsCall): void {
  const owner = buckets.find(String(input['Bucket']))?.owner;
  const expected = headers['x-amz-expected-bucket-owner'];
  if (owner !== undefined && expected !== undefined && owner !== expected)
    throw new AwsError('AccessDenied', 'Access Denied', 403);
}

/** By the bucket's policy alone: a service has no policies in the account. */
function refuseDelivery(buckets: Buckets, { bucket, key, service, context }: Omit<Delivered, 'bytes'>): void {
  const { policy } = buckets.get(bucket);
  const question = { action: 's3:PutObject', resource: `arn:aws:s3:::${bucket}/${key}`, context };
  const isAllowed =
    policy &&
    compileDocument(policy).some(
      (statement) =>
        statement.effect === 'Allow' &&
        statement.fault === undefined &&
        serviceOf(statement.source) === service &&
        statement.concerns(question) &&
        statement.conditions.every((test) => test(context)),
    );
  if (!isAllowed)
    throw new AwsError('AccessDenied', `The policy of ${bucket} does not let ${service} write.`, 403);
}

const actions = {
  GetObject: (buckets: Buckets, call: AwsCall) => objectAnswer(findObject(buckets, call), true),
  HeadBucket(buckets: Buckets, { input }: AwsCall): AwsAnswer {
    buckets.get(String(input['Bucket']));
    return { status: 200, headers: {}, body: '' };
  },
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

/** S3 pages at 1,000; a laptop never has that many. */
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
