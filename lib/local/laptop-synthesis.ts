/**
 * The app as it would be deployed, except for the addresses of the laptop's own GitHub and its identity certificates. For
 * this repository's app, the output is cached while its sources are unchanged.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MayflyConfig } from '../config/config.ts';
import type { Emit } from './laptop-event.ts';
import type { Services } from './laptop-services.ts';
import { synthesizeOnce } from './synthesis-cache.ts';

/** What the laptop's own GitHub and EC2 change in a configuration. */
export type LaptopSettings = Pick<
  MayflyConfig,
  'githubApiUrl' | 'runnerReleasesUrl' | 'githubWebUrl' | 'identityCertificates'
>;

export interface LaptopSynthesis {
  readonly services: Services;
  readonly emit: Emit;
  readonly synthesize?: (settings: LaptopSettings, outdir: string) => void;
  readonly handlersFolder?: string;
}

/**
 * Everything that an assembly is made from. The layers that synthesis uses never import lib/local, which the linter
 * checks.
 */
export const assemblySources = {
  sources: ['lib', 'lambdas', 'images', 'package.json', 'package-lock.json', 'tsconfig.json'],
  without: 'lib/local',
} as const;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** @returns the folder of the cloud assembly */
export async function synthesizeLaptop(
  config: MayflyConfig,
  { services, emit, synthesize, handlersFolder }: LaptopSynthesis,
): Promise<string> {
  const { github, ec2, folder } = services;
  const outdir = join(folder, 'assembly');
  const certificate = ec2.identityCertificatePem;
  const settings: LaptopSettings = {
    githubApiUrl: github.url,
    runnerReleasesUrl: github.url,
    githubWebUrl: github.url,
    identityCertificates: { [config.region]: [certificate] },
  };
  if (synthesize) {
    synthesize(settings, outdir);
    return outdir;
  }
  const synthesizeAnew = async () => {
    // Loaded only here: the CDK takes a second to load.
    const { synthesizeApp } = await import('../stacks/synthesize.ts');
    // CloudFormation never reads these templates.
    const options = { outdir, validate: false, ...(handlersFolder ? { handlersFolder } : {}) };
    synthesizeApp({ ...config, ...settings }, options);
  };
  if (handlersFolder) {
    await synthesizeAnew();
    return outdir;
  }
  await synthesizeOnce(
    {
      folder: join(root, 'node_modules', '.cache', 'mayfly'),
      root,
      ...assemblySources,
      // This repository's tests start laptops of sixteen configurations: with room for fewer, each run makes most anew.
      mostEntries: 24,
      onUnusable: (why) => emit('progress', `(the synthesized app was not cached: ${why})`),
    },
    { input: config, values: { github: github.url, certificate }, outdir, synthesize: synthesizeAnew },
  );
  return outdir;
}
