/**
 * Images by pipelines of EC2 Image Builder. The client token is made of version and architecture, so that a build that is
 * asked for twice is made once.
 * Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_StartImagePipelineExecution.html
 */
import { OperationalError } from '../../ports/errors.ts';
import type { ImageBuilds } from '../../ports/image-builds.ts';
import { signedHeaders } from './signed-request.ts';

export interface ImageBuildsOptions {
  /** Architecture → ARN of its pipeline. */
  readonly pipelines: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

const askMilliseconds = 10_000;

/** The same call cannot succeed. */
const permanent = new Set(['AccessDeniedException', 'ForbiddenException', 'InvalidRequestException']);

export function createImageBuilds({ pipelines, variables = process.env }: ImageBuildsOptions): ImageBuilds {
  return {
    async start(architecture, version) {
      const imagePipelineArn = pipelines[architecture];
      if (imagePipelineArn === undefined) return 'no-pipeline';
      const clientToken = `runner-${version}-${architecture}`;
      const response = await send({ imagePipelineArn, clientToken }, variables);
      if (response.ok) return 'started';
      const text = await response.text();
      const code =
        /^\w+/.exec(response.headers.get('x-amzn-errortype') ?? '')?.[0] ?? `Status${response.status}`;
      if (code === 'ResourceNotFoundException') return 'no-pipeline';
      const message = `Image Builder StartImagePipelineExecution failed: ${code}: ${text.slice(0, 200)}`;
      throw new OperationalError(message, { code, retryable: !permanent.has(code) });
    },
  };
}

async function send(
  input: object,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Response> {
  const region = variables['AWS_REGION'] ?? '';
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const endpoint = variables['AWS_ENDPOINT_URL'] || `https://imagebuilder.${region}.${suffix}`;
  const url = new URL('/StartImagePipelineExecution', endpoint);
  const body = JSON.stringify(input);
  const headers = signedHeaders({
    method: 'PUT',
    url,
    body,
    service: 'imagebuilder',
    region,
    accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: variables['AWS_SECRET_ACCESS_KEY'] ?? '',
    sessionToken: variables['AWS_SESSION_TOKEN'],
    at: Date.now(),
  });
  try {
    return await fetch(url, { method: 'PUT', headers, body, signal: AbortSignal.timeout(askMilliseconds) });
  } catch (cause) {
    const message = `Image Builder could not be reached at ${url.origin}: ${String(cause)}`;
    throw new OperationalError(message, { code: 'Unreachable', retryable: true, cause });
  }
}
