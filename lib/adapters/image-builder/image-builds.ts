/**
 * Builds images by EC2 Image Builder pipelines. The client token consists of version and architecture, so that a repeated
 * request builds only once.
 * Source: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_StartImagePipelineExecution.html
 */
import type { AwsJson } from '../../ports/aws-json.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { ImageBuilds } from '../../ports/image-builds.ts';

export interface ImageBuildsOptions {
  /** Architecture → ARN of its pipeline. */
  readonly pipelines: Readonly<Record<string, string>>;
  readonly imageBuilder: AwsJson;
}

/** The same call cannot succeed. */
const permanent = new Set(['AccessDeniedException', 'ForbiddenException', 'InvalidRequestException']);

export function createImageBuilds({ pipelines, imageBuilder }: ImageBuildsOptions): ImageBuilds {
  return {
    async start(architecture, version) {
      const imagePipelineArn = pipelines[architecture];
      if (imagePipelineArn === undefined) return 'no-pipeline';
      const clientToken = `runner-${version}-${architecture}`;
      try {
        await imageBuilder.call('StartImagePipelineExecution', { imagePipelineArn, clientToken });
        return 'started';
      } catch (cause) {
        const { name: code, message: text } = cause as Error;
        if (code === 'ResourceNotFoundException') return 'no-pipeline';
        const message = `Image Builder StartImagePipelineExecution failed: ${code}: ${text}`;
        throw new OperationalError(message, { code, retryable: !permanent.has(code), cause });
      }
    },
  };
}
