/** Builds the image of a single host from the runner that GitHub's stand-in releases. */
import { fileURLToPath } from 'node:url';
import { archiveNameOf, firstVersion, sha256Of } from '../../../lib/local/github/runner-releases.ts';
import type { ImageBuild } from '../../../lib/ports/container-engine.ts';

export function imageFor(github: { readonly url: string }, tag = 'mayfly-runner'): ImageBuild {
  const name = archiveNameOf(firstVersion, 'x64');
  const release = { id: 1, version: firstVersion, publishedAt: 0 };
  return {
    tag,
    folder: fileURLToPath(new URL('../../../images/single-host', import.meta.url)),
    arguments: {
      RUNNER_VERSION: firstVersion,
      RUNNER_URL: `${github.url}/actions/runner/releases/download/v${firstVersion}/${name}`,
      RUNNER_SHA256: sha256Of(release, 'x64'),
    },
  };
}
