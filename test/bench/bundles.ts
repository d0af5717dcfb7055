/** Each function's bundle as it is deployed: how large it is, and how long a fresh process takes to load it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { bundleFunctions } from '../../lib/constructs/basics/bundle.ts';
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
    const milliseconds = new Map(functionNames.map((name) => [name, [] as number[]]));
    // In turns, so that a busy moment of the machine does not fall on one function alone.
    for (let load = 0; load < loads; load += 1) {
      for (const name of functionNames) milliseconds.get(name)!.push(await loadOnce(bundles.get(name)!));
    }
    return {
      results: functionNames.flatMap((name) => [
        judged(`bundle of ${name}`, statSync(bundles.get(name)!).size / 1024, 'KB'),
        judged(`load of ${name}`, median(milliseconds.get(name)!), 'ms'),
      ]),
      notes: [
        `Load: the import of a bundle in a fresh process, without node's own start; median of ${loads}.`,
      ],
    };
  } finally {
    remove();
  }
}

/** The bundles as the stacks make them: the path of each module by function. */
export function makeBundles(config: MayflyConfig = defaultConfig): {
  bundles: ReadonlyMap<FunctionName, string>;
  remove: () => void;
} {
  const buildFolder = mkdtempSync(join(tmpdir(), 'mayfly-bench-'));
  const folders = bundleFunctions({
    handlersFolder: fileURLToPath(new URL('../../lambdas', import.meta.url)),
    names: functionNames,
    deployment: assertConfig(config).deployment,
    buildFolder,
  });
  return {
    bundles: new Map(functionNames.map((name) => [name, join(folders.get(name)!, 'index.mjs')])),
    remove: () => rmSync(buildFolder, { recursive: true, force: true }),
  };
}

async function loadOnce(bundle: string): Promise<number> {
  const child = startChild('./load-bundle.ts', { args: [bundle], env: loadEnvironment });
  try {
    return await child.next<number>();
  } finally {
    await child.end();
  }
}

/** Something that each variable's reader takes; nothing is called with it. */
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
