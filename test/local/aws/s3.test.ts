/** The laptop's S3: who may read and write, by identity and by bucket policy, and what happens to wrong bytes. */
import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AwsEndpoint, startAwsEndpoint } from '../../../lib/local/aws/endpoint.ts';
import { createS3Service } from '../../../lib/local/aws/s3.ts';
import type { PolicyStatement } from '../../../lib/local/aws/service.ts';
import { allowing, clientConfiguration, givenFunction, place } from './support.ts';

const Bucket = 'store';
const endpointId = 'vpce-0123456789abcdef0';
const readThrough = (condition: PolicyStatement['Condition']): PolicyStatement => ({
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${Bucket}/open/*`,
  ...(condition ? { Condition: condition } : {}),
});

describe("the laptop's S3", () => {
  const s3 = createS3Service();
  let endpoint: AwsEndpoint;
  let operator: S3Client;
  beforeAll(async () => {
    endpoint = await startAwsEndpoint({ ...place, services: [s3] });
    s3.createBucket({ name: Bucket, blocksPublicPolicies: true });
    operator = new S3Client({ ...clientConfiguration(endpoint), forcePathStyle: true });
    for (const Key of ['open/a', 'open/b', 'closed/c']) {
      await operator.send(new PutObjectCommand({ Bucket, Key, Body: `this is ${Key}` }));
    }
  });
  afterAll(() => endpoint.close());

  const clientOf = (name: string, action: string | string[], resource: string) =>
    new S3Client({
      ...clientConfiguration(endpoint, givenFunction(endpoint, name, allowing(action, resource))),
      forcePathStyle: true,
    });
  const asNobody = (key: string, gateway = '') => fetch(`${endpoint.url}${gateway}/${Bucket}/${key}`);

  it('returns what was put, lists it by prefix, and forgets what was deleted', async () => {
    const { Body } = await operator.send(new GetObjectCommand({ Bucket, Key: 'open/a' }));
    expect(await Body?.transformToString()).toBe('this is open/a');
    const keys = async () => {
      const { Contents = [] } = await operator.send(new ListObjectsV2Command({ Bucket, Prefix: 'open/' }));
      return Contents.map(({ Key }) => Key);
    };
    await operator.send(new PutObjectCommand({ Bucket, Key: 'open/z', Body: 'z' }));
    expect(await keys()).toEqual(['open/a', 'open/b', 'open/z']);
    await operator.send(new DeleteObjectCommand({ Bucket, Key: 'open/z' }));
    expect(await keys()).toEqual(['open/a', 'open/b']);
  });

  it('stores nothing whose checksum differs', async () => {
    const ChecksumSHA256 = createHash('sha256').update('other').digest('base64');
    const put = new PutObjectCommand({ Bucket, Key: 'open/wrong', Body: 'bytes', ChecksumSHA256 });
    await expect(operator.send(put)).rejects.toMatchObject({ name: 'BadDigest' });
    expect(s3.keys(Bucket)).not.toContain('open/wrong');
  });

  it('allows a function what its role allows, and nothing else', async () => {
    const reader = clientOf('reader', 's3:GetObject', `arn:aws:s3:::${Bucket}/open/*`);
    await reader.send(new GetObjectCommand({ Bucket, Key: 'open/a' }));
    const refused = { name: 'AccessDenied' };
    await expect(reader.send(new GetObjectCommand({ Bucket, Key: 'closed/c' }))).rejects.toMatchObject(
      refused,
    );
    const put = new PutObjectCommand({ Bucket, Key: 'open/a', Body: 'x' });
    await expect(reader.send(put)).rejects.toMatchObject(refused);
  });

  it('reports a missing key only to callers who may list', async () => {
    const missing = new GetObjectCommand({ Bucket, Key: 'open/none' });
    const blind = clientOf('blind', 's3:GetObject', '*');
    const seeing = clientOf('seeing', ['s3:GetObject', 's3:ListBucket'], '*');
    await expect(blind.send(missing)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(seeing.send(missing)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('lets a bucket policy open objects to callers through one endpoint', async () => {
    const policy = { Statement: readThrough({ StringEquals: { 'aws:SourceVpce': endpointId } }) };
    s3.setPolicy(Bucket, policy);
    const statuses = await Promise.all([
      asNobody('open/a', `/_vpce/${endpointId}`),
      asNobody('open/a'),
      asNobody('open/a', '/_vpce/vpce-00000000000000000'),
      asNobody('closed/c', `/_vpce/${endpointId}`),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 403, 403, 403]);
  });

  it('lets a bucket policy deny what a role allows', async () => {
    const reader = clientOf('denied', 's3:*', '*');
    const deny = { ...readThrough(undefined), Effect: 'Deny' as const };
    s3.setPolicy(Bucket, { Statement: [deny] });
    const get = new GetObjectCommand({ Bucket, Key: 'open/a' });
    await expect(reader.send(get)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it.each([
    ['everyone', undefined],
    ['everyone by TLS', { Bool: { 'aws:SecureTransport': 'true' } }],
    ['any endpoint', { StringLike: { 'aws:SourceVpce': 'vpce-*' } }],
    ['all endpoints but one', { StringNotEquals: { 'aws:SourceVpce': endpointId } }],
  ])('refuses a policy that opens the bucket to %s, as Block Public Access does', (_, condition) => {
    const policy = { Statement: [readThrough(condition)] };
    expect(() => s3.setPolicy(Bucket, policy)).toThrow('it is public');
  });

  it.each([
    ['an unsupported request', 'PUT', `${Bucket}?versioning`, 501],
    ['a missing bucket', 'GET', 'none/key', 403],
  ])('answers %s with an error of S3', async (_, method, path, status) => {
    const answer = await fetch(`${endpoint.url}/${path}`, { method });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(/^<\?xml[^>]+>\n<Error><Code>/);
  });
});
