/** What is sent to EC2 Image Builder, with AWS's signature, and how its answers are read. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAwsJson } from '../../../lib/adapters/aws-json/caller.ts';
import { createImageBuilds } from '../../../lib/adapters/image-builder/image-builds.ts';
import { parseAuthorization, type SignedRequest, signatureFits } from '../../../lib/local/aws/signature.ts';

const secret = 'a-secret-key';
const arn = 'arn:aws:imagebuilder:us-east-1:123456789012:image-pipeline/my-saas-linux-x64';

/** Three attempts follow each other at once. */
const buildsWith = (variables: Record<string, string>) =>
  createImageBuilds({
    pipelines: { x64: arn },
    imageBuilder: createAwsJson({ service: 'imageBuilder', variables, fraction: () => 0 }),
  });

describe('the builds of images', () => {
  const asked: SignedRequest[] = [];
  let answer = { status: 200, code: '', body: '{}' };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      asked.push({ method: request.method!, path: request.url!, headers, body: Buffer.concat(chunks) });
      response.writeHead(answer.status, answer.code ? { 'x-amzn-errortype': answer.code } : {});
      response.end(answer.body);
    });
  });
  let builds: ReturnType<typeof createImageBuilds>;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const variables = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'KEY',
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_SESSION_TOKEN: 'session',
    };
    builds = buildsWith(variables);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('are requested by pipeline, with a token for the version and a valid signature', async () => {
    expect(await builds.start('x64', '2.337.0')).toBe('started');
    const request = asked.at(-1)!;
    expect([request.method, request.path]).toEqual(['PUT', '/StartImagePipelineExecution']);
    expect(JSON.parse(request.body.toString())).toEqual({
      imagePipelineArn: arn,
      clientToken: 'runner-2.337.0-x64',
    });
    const authorization = parseAuthorization(request.headers['authorization'])!;
    expect(authorization).toMatchObject({ accessKeyId: 'KEY', region: 'us-east-1', service: 'imagebuilder' });
    expect(authorization.signedHeaders).toContain('x-amz-security-token');
    expect(signatureFits(request, authorization, secret)).toBe(true);
    expect(signatureFits(request, authorization, 'another key')).toBe(false);
  });

  it('have a token that Image Builder accepts, however long a version gets', async () => {
    await builds.start('x64', '2.999.999');
    const { clientToken } = JSON.parse(asked.at(-1)!.body.toString()) as { clientToken: string };
    expect(clientToken.length).toBeLessThanOrEqual(36);
  });

  it('are none if there is no pipeline, or none yet', async () => {
    const before = asked.length;
    expect(await builds.start('arm64', '2.337.0')).toBe('no-pipeline');
    expect(asked).toHaveLength(before);
    answer = { status: 404, code: 'ResourceNotFoundException:http://internal.amazon.com/', body: '{}' };
    expect(await builds.start('x64', '2.337.0')).toBe('no-pipeline');
  });

  it.each([
    ['AccessDeniedException', 403, false],
    ['CallRateLimitExceededException', 429, true],
    ['ServiceUnavailableException', 503, true],
  ])('that fail with %s report it', async (code, status, retryable) => {
    answer = { status, code, body: '{"message":"no"}' };
    await expect(builds.start('x64', '2.337.0')).rejects.toMatchObject({ code, retryable });
  });

  it('that cannot be requested name the pipeline', async () => {
    const variables = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_REGION: 'us-east-1' };
    const away = buildsWith(variables);
    await expect(away.start('x64', '2.337.0')).rejects.toMatchObject({
      code: 'Unreachable',
      retryable: true,
    });
  });
});
