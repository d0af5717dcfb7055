/**
 * The image of a single host, built by buildah from its Containerfile, and its entrypoint run in it, with a runner that takes a
 * job from GitHub's stand-in. No engine is needed: steps run in a chroot. The base is Debian, made by mmdebstrap.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHostGitHub } from '../../../lib/adapters/github/host-github.ts';
import { systemClock } from '../../../lib/adapters/system/clock.ts';
import { type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { imageFor } from '../../support/container-engine/image-for.ts';
import { type Check, type Outcome, type Tell, ToolMissing, verdict } from '../support/check.ts';
import { type Ended, runProgram } from '../support/run-program.ts';

const image = 'localhost/mayfly-runner';
const base = 'localhost/mayfly-base';
const remedy = 'On Debian: apt-get install buildah mmdebstrap. Both need root, or user namespaces.';

export const singleHost: Check = {
  name: 'single-host',
  async run(tell): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-image-'));
    const github = await startGitHub();
    try {
      const buildah = buildahIn(folder);
      await makeBase(buildah, folder, tell);
      tell('buildah builds images/single-host/Containerfile');
      await buildImage(buildah, github);
      const findings = [...(await configFindings(buildah)), ...(await entrypointFindings(buildah, github))];
      return verdict('1 image built, its entrypoint run 3 times, 1 job', findings);
    } finally {
      await github.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

type Buildah = (args: readonly string[], seconds?: number) => Promise<Ended>;

/** With a storage of its own, which needs no file system that a sandbox forbids. */
function buildahIn(folder: string): Buildah {
  const storage = join(folder, 'storage.conf');
  const places = ['run', 'graph'].map((name) => `${name}root = "${join(folder, name)}"`).join('\n');
  writeFileSync(storage, `[storage]\ndriver = "vfs"\n${places}\n`);
  const variables = { CONTAINERS_STORAGE_CONF: storage, BUILDAH_ISOLATION: 'chroot', TMPDIR: folder };
  return (args, seconds = 300) => runProgram({ command: 'buildah', args, seconds, remedy, variables });
}

async function makeBase(buildah: Buildah, folder: string, tell: Tell): Promise<void> {
  done(await buildah(['--version']), 'buildah');
  tell('mmdebstrap makes Debian 12');
  const archive = join(folder, 'base.tar');
  const args = ['--variant=minbase', 'bookworm', archive];
  const variables = { TMPDIR: folder };
  const made = await runProgram({ command: 'mmdebstrap', args, seconds: 1200, remedy, variables });
  if (made.code !== 0) throw new ToolMissing(`mmdebstrap failed: ${lastLines(made)}`, remedy);
  mkdirSync(join(folder, 'run'), { recursive: true });
  done(await buildah(['from', '--name', 'base', 'scratch']), 'from scratch');
  done(await buildah(['add', 'base', archive, '/']), 'the base');
  done(await buildah(['commit', 'base', base]), 'the base');
}

async function buildImage(buildah: Buildah, github: GitHubStandIn): Promise<void> {
  const { folder, arguments: given } = imageFor(github);
  const parameters = Object.entries({ ...given, BASE: base }).map(([name, value]) => `${name}=${value}`);
  const args = parameters.flatMap((one) => ['--build-arg', one]);
  const file = join(folder, 'Containerfile');
  done(await buildah(['build', ...args, '--tag', image, '--file', file, folder], 1800), 'the image');
}

interface ImageConfig {
  readonly User?: string;
  readonly Entrypoint?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
}

async function readConfig(buildah: Buildah): Promise<ImageConfig> {
  const ended = done(await buildah(['inspect', '--type', 'image', image]), 'inspect');
  return (JSON.parse(ended.out) as { OCIv1: { config: ImageConfig } }).OCIv1.config;
}

async function configFindings(buildah: Buildah): Promise<string[]> {
  const { User, Labels } = await readConfig(buildah);
  return [
    ...(User === 'runner' ? [] : [`its user is ${User}, and a job must not begin as root`]),
    ...(Labels?.['dev.mayfly.runner-version'] ? [] : ['it does not say which runner program it has']),
  ];
}

async function entrypointFindings(buildah: Buildah, github: GitHubStandIn): Promise<string[]> {
  const { Entrypoint = [] } = await readConfig(buildah);
  done(await buildah(['from', '--name', 'job', image]), 'a container');
  const start = (variables: Readonly<Record<string, string>>) => {
    const env = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    return buildah(['run', ...env, 'job', '--', ...Entrypoint]);
  };
  const jitConfig = await registered(github);
  const bare = await start({});
  const withToken = await start({ ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig, GITHUB_TOKEN: 'ghp_x' });
  const { jobId } = github.queueJob({ repository: 'acme/app', labels: ['self-hosted', 'linux'] });
  const served = await start({ ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig });
  const job = github.state().jobs.find(({ id }) => id === jobId);
  return [
    ...(/no just-in-time configuration/.test(bare.error + bare.out) ? [] : [`bare: ${lastLines(bare)}`]),
    ...(/does not belong in a container/.test(withToken.error + withToken.out)
      ? []
      : [`with a token: ${lastLines(withToken)}`]),
    ...(job?.conclusion === 'success' ? [] : [`its job is ${job?.status}: ${lastLines(served)}`]),
    ...(served.code === 0 ? [] : [`it ended with ${served.code}: ${lastLines(served)}`]),
    ...github.state().runners.map(({ name }) => `the registration ${name} is left`),
  ];
}

async function registered(github: GitHubStandIn): Promise<string> {
  github.install({ login: 'acme', repositories: ['app'] });
  const token = github.addPersonalToken({ login: 'acme', scopes: ['admin:org'] });
  const credential = { kind: 'token', read: async () => token } as const;
  const host = createHostGitHub({ apiUrl: github.url, clock: systemClock, credential });
  const scope = { kind: 'organization', organization: 'acme' } as const;
  const labels = ['self-hosted', 'linux'];
  const made = await host.register({ scope, name: 'mayfly-image', labels, runnerGroupId: 1 });
  if (!made.ok) throw new Error(`GitHub's stand-in refused a runner: ${JSON.stringify(made.refusal)}`);
  return made.value.jitConfig;
}

function done(ended: Ended, what: string): Ended {
  if (ended.code === 0) return ended;
  throw new Error(`buildah failed at ${what}: ${lastLines(ended)}`);
}

const lastLines = ({ code, out, error }: Ended) =>
  `${code}, ${`${out}\n${error}`.trim().split('\n').slice(-4).join(' / ')}`;
