/**
 * `mayfly host init`: writes the settings file from the commented example and builds the runners' image. It never
 * overwrites existing settings.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRunnerReleases } from '../../adapters/github-releases/runner-releases.ts';
import { readText } from '../../adapters/host-files/durable.ts';
import { settingsFile } from '../../adapters/host-files/host-files.ts';
import { chooseArchive, type RunnerArchive } from '../../core/runner-release.ts';
import { writeSettings } from '../../host/env-file.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { printableText } from '../printable.ts';
import { releasesUrl } from './findings.ts';
import { HostFault } from './host-fault.ts';
import { openEngine } from './open-engine.ts';
import { configOf, type Host, hostCommand, openHost, readConfig, textOption } from './open-host.ts';

const images = fileURLToPath(new URL('../../../images/single-host', import.meta.url));

export const hostInit = hostCommand(
  {
    name: 'host init',
    summary: 'write the settings file and build the image of the runners',
    details: `
Examples:
  mayfly host init --repository acme/app
  mayfly host init --organization acme --group builders --runners 3
  mayfly host init --build                            rebuilds the image, for a new runner version
  mayfly host init --build --packages "make docker.io"   with packages that your jobs need
`,
    exitOne: 'the settings are invalid, or the image could not be built',
    options: [
      { flags: '--organization <login>', description: 'register runners with this organization' },
      { flags: '--repository <owner/name>', description: 'register runners with this repository' },
      { flags: '--group <name>', description: 'runner group of the organization' },
      { flags: '--runners <number>', description: 'how many at a time' },
      { flags: '--build', description: 'build the image and keep the settings' },
      { flags: '--no-image', description: 'write the settings only' },
      { flags: '--packages <names>', description: 'Debian packages to add to the image' },
    ],
  },
  async (call) => {
    const host = openHost(call);
    if (!call.options['build']) await writeNew(call, host);
    if (call.options['image'] !== false) await buildImage(call, host);
    call.io.out('Next: npx mayfly host validate, then npx mayfly host start\n');
    return 0;
  },
);

async function writeNew(call: CommandCall, host: Host): Promise<void> {
  const path = join(host.folder, settingsFile);
  if ((await readText(path)) !== undefined) {
    throw new UsageError(
      `${path} already exists. Edit it, or only build the image: npx mayfly host init --build`,
    );
  }
  const given = {
    GITHUB_ORGANIZATION: textOption(call, 'organization'),
    GITHUB_REPOSITORY: textOption(call, 'repository'),
    RUNNER_GROUP: textOption(call, 'group'),
    RUNNER_COUNT: textOption(call, 'runners'),
    LABELS: process.arch === 'arm64' ? 'self-hosted,linux,arm64' : undefined,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const text = writeSettings(readFileSync(join(images, 'example.env'), 'utf8'), set);
  configOf(text, 'the new host.env');
  await host.state.putSettings(text);
  call.io.out(`Wrote ${path}.\n`);
}

async function buildImage(call: CommandCall, host: Host): Promise<void> {
  const config = await readConfig(host);
  const engine = await openEngine(call, config);
  const { version, url, sha256 } = await newestArchive(releasesUrl(call));
  call.io.out(`Building ${config.image} with the runner program ${version}.\n`);
  const parameters = { RUNNER_VERSION: version, RUNNER_URL: url, RUNNER_SHA256: sha256 };
  const packages = textOption(call, 'packages');
  if (packages !== undefined && !/^[a-z0-9][a-z0-9.+ -]*$/.test(packages)) {
    throw new UsageError(
      `--packages is ${JSON.stringify(packages)}; it must be names of Debian packages, separated by spaces.`,
    );
  }
  await engine.build(
    {
      tag: config.image,
      folder: images,
      arguments: { ...parameters, ...(packages ? { EXTRA_PACKAGES: packages } : {}) },
    },
    (text) => call.io.error(printableText(text)),
  );
  call.io.out(`Built ${config.image}.\n`);
}

async function newestArchive(apiUrl: string): Promise<RunnerArchive> {
  const release = await createRunnerReleases({ apiUrl }).find(undefined);
  const choice = release && chooseArchive(release, process.arch === 'arm64' ? 'arm64' : 'x64');
  if (choice?.kind === 'chosen') return choice.archive;
  throw new HostFault(
    `GitHub lists no runner program that can be used here: ${choice?.reason ?? 'no release'}.`,
  );
}
