/** Each function's bundle as it is deployed: how large it is, and how long a fresh process takes to load it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { bundleFunctions } from '../../lib/constructs/basics/bundle.ts';
import { writeConfiguration } from '../../lib/constructs/basics/deployed-configuration.ts';
import { variables } from '../../lib/contract/environment.ts';
import { type FunctionName, functionNames } from '../../lib/contract/functions.ts';
import defaultConfig from '../../mayfly.config.ts';
import { startChild } from './child.ts';
import { judged } from './goals.ts';
import { median, type Report } from './result.ts';
import type { Size } from './size.ts';

export async function measureBundles({ bundleLoads: loads }: Size): Promise<Report> {
  const { bundles, remove } = makeBundles();
  try {
    const paths = new Map<string, string>([...bundles, [sdkAlone, sdkClient]]);
    const measured = new Map([...paths].map(([name]) => [name, [] as Load[]]));
    // Alternating, so that a busy moment of the machine does not affect one function alone.
    for (let load = 0; load < loads; load += 1) {
      for (const [name, path] of paths) measured.get(name)!.push(await loadOnce(path));
    }
    const figures = (name: string, of: keyof Load) => median(measured.get(name)!.map((load) => load[of]));
    return {
      results: [
        ...functionNames.flatMap((name) => [
          judged(`bundle of ${name}`, statSync(bundles.get(name)!).size / 1024, 'KB'),
          judged(`load of ${name}`, figures(name, 'milliseconds'), 'ms'),
          judged(`of it processor time of ${name}`, figures(name, 'processor'), 'ms'),
        ]),
        judged(`load of ${sdkAlone}`, figures(sdkAlone, 'milliseconds'), 'ms'),
      ],
      notes: [
        `Load: the import of a bundle in a fresh process, without node's own start; median of ${loads}. The baseline is the ` +
          'SDK’s client for SQS, unbundled, as a function loads it that is deployed with its packages.',
      ],
    };
  } finally {
    remove();
  }
}

/** The bundles as the stacks make them: the path of each function's module. */
export function makeBundles(config: MayflyConfig = defaultConfig): {
  bundles: ReadonlyMap<FunctionName, string>;
  remove: () => void;
} {
  const buildFolder = mkdtempSync(join(tmpdir(), 'mayfly-bench-'));
  const checked = assertConfig(config);
  const folders = bundleFunctions({
    handlersFolder: fileURLToPath(new URL('../../lambdas', import.meta.url)),
    names: functionNames,
    deployment: checked.deployment,
    buildFolder,
  });
  writeConfiguration({ config: checked, bundles: folders, scripts: [] });
  return {
    bundles: new Map(functionNames.map((name) => [name, join(folders.get(name)!, 'index.mjs')])),
    remove: () => rmSync(buildFolder, { recursive: true, force: true }),
  };
}

interface Load {
  readonly milliseconds: number;
  /** Milliseconds. More than the elapsed time if two threads work. */
  readonly processor: number;
}

const sdkAlone = "the SDK's client for SQS, as a baseline";
const sdkClient = createRequire(import.meta.url).resolve('@aws-sdk/client-sqs');

async function loadOnce(bundle: string): Promise<Load> {
  const child = startChild('./load-bundle.ts', { args: [bundle], env: loadEnvironment });
  try {
    return await child.next<Load>();
  } finally {
    await child.end();
  }
}

/** A value that each variable's reader accepts; nothing is called with it. */
const loadEnvironment = {
  ...Object.fromEntries(Object.values(variables).map((name) => [name, 'http://127.0.0.1:9'])),
  [variables.tierQueueUrls]: '{}',
  [variables.imagePipelines]: '{}',
  [variables.ticketSecretArn]: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:ticket',
  SUBNETS: 'subnet-1=us-east-1a',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
};
