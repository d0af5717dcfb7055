import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createS3Client } from '../../lib/adapters/s3/client.ts';
import { createRunnerBinaries } from '../../lib/adapters/s3/runner-binaries.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createS3Service } from '../../lib/local/aws/s3.ts';
import { createMemoryRunnerBinaries } from '../fakes/runner-binaries.ts';
import { place } from '../local/aws/support.ts';
import { failsAfter, unanswered } from '../support/virtual-deadlines.ts';
import { givenArchive, piecesOf, runnerBinariesContract } from './runner-binaries.contract.ts';

describe('runner programs in memory', () => {
  runnerBinariesContract(async () => {
    const binaries = createMemoryRunnerBinaries();
    return { binaries, archives: () => [...binaries.archives('x64'), ...binaries.archives('arm64')] };
  });
});

describe('runner programs in S3', () => {
  const s3 = createS3Service();
  let endpoint: AwsEndpoint;
  let made = 0;
  beforeAll(async () => {
    endpoint = await startAwsEndpoint({ ...place, services: [s3] });
    // Where the SDK finds credentials in a process that Lambda started.
    process.env['AWS_ACCESS_KEY_ID'] = endpoint.operatorCredentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = endpoint.operatorCredentials.secretAccessKey;
    process.env['AWS_REGION'] = place.region;
  });
  afterAll(() => endpoint.close());

  function givenBucket() {
    made += 1;
    const bucket = `runners-${made}`;
    s3.createBucket({ name: bucket, blocksPublicPolicies: true });
    const client = createS3Client({ AWS_ENDPOINT_URL: endpoint.url });
    const archives = () =>
      s3
        .keys(bucket)
        .filter((key) => key.endsWith('.tar.gz'))
        .map((key) => key.slice(key.lastIndexOf('/') + 1));
    return { bucket, archives, binaries: createRunnerBinaries({ client, bucket }) };
  }

  runnerBinariesContract(async () => givenBucket());

  it('treats S3’s error about corrupted bytes as a mismatch', async () => {
    const { binaries } = givenBucket();
    endpoint.dials.set([
      { service: 's3', action: 'PutObject', error: { code: 'BadDigest', status: 400 }, count: 1 },
    ]);
    expect(await binaries.store(givenArchive('2.337.0'), piecesOf('2.337.0'))).toBe('mismatch');
  });

  it('waits four minutes for S3 to store an archive', async () => {
    const send = (_: unknown, { abortSignal }: { abortSignal?: AbortSignal } = {}) => unanswered(abortSignal);
    const binaries = createRunnerBinaries({ client: { send } as never, bucket: 'runners' });
    const store = () => binaries.store(givenArchive('2.337.0'), piecesOf('2.337.0'));
    expect(await failsAfter(store)).toBe(240_000);
  });

  it('reports what S3 refused', async () => {
    const { binaries } = givenBucket();
    endpoint.dials.set([{ service: 's3', action: '*', error: { code: 'AccessDenied', status: 403 } }]);
    await expect(binaries.current('x64')).rejects.toMatchObject({ code: 'AccessDenied', retryable: false });
    endpoint.dials.clear();
  });

  it('does not take a file of another kind for `current`', async () => {
    const { binaries, bucket } = givenBucket();
    const body = Buffer.from('<html>');
    const client = createS3Client({ AWS_ENDPOINT_URL: endpoint.url });
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'runner/linux-x64/current', Body: body }));
    await expect(binaries.current('x64')).rejects.toMatchObject({ code: 'UnreadableCurrent' });
  });
});
