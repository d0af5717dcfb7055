/** On a schedule, every quarter of an hour: keeps the platform's own copy of GitHub's runner program up to date. */
import { createAwsJson } from '../../lib/adapters/aws-json/caller.ts';
import { createRunnerReleases } from '../../lib/adapters/github-releases/runner-releases.ts';
import { createImageBuilds } from '../../lib/adapters/image-builder/image-builds.ts';
import { createS3Client } from '../../lib/adapters/s3/client.ts';
import { createRunnerBinaries } from '../../lib/adapters/s3/runner-binaries.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { syncRunners } from '../../lib/app/runner-syncer/sync-runners.ts';
import { readVariable, variables } from '../../lib/contract/environment.ts';
import { telemetryPart } from '../common/parts.ts';

const deployment = readDeployment(import.meta.url);
const { version, sha256 } = deployment.runner;
const deps = {
  releases: createRunnerReleases({ apiUrl: readVariable(variables.runnerReleasesUrl) }),
  binaries: createRunnerBinaries({
    client: createS3Client(),
    bucket: readVariable(variables.runnerBucket),
  }),
  ...imagesPart(),
  telemetry: telemetryPart(deployment),
};
const wanted = {
  architectures: [...new Set(deployment.tiers.map(({ architecture }) => architecture))].sort(),
  sha256,
  ...(version === undefined ? {} : { version }),
};

/** Only if the stack names image pipelines. */
function imagesPart() {
  const pipelines = process.env[variables.imagePipelines];
  if (!pipelines) return {};
  const images = createImageBuilds({
    pipelines: JSON.parse(pipelines) as Record<string, string>,
    imageBuilder: createAwsJson({ service: 'imageBuilder' }),
  });
  return { images };
}

export const handler = () => syncRunners(deps, wanted);
