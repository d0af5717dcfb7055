/**
 * Makes the folders that are uploaded as functions: one ES module each, with the deployment's facts beside it.
 * The same sources and configuration give the same bytes, so an unchanged function is not deployed again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { type Deployment, deploymentFile } from '../contract/deployment.ts';

export interface BundleOptions {
  /** Holds `<name>/handler.ts` for each name. */
  readonly handlersFolder: string;
  readonly names: readonly string[];
  readonly deployment: Deployment;
  /** Where the bundles go: `<buildFolder>/<name>/index.mjs`. */
  readonly buildFolder: string;
}

/**
 * @returns each function's folder, by name
 * @throws the bundler's error, which names file and line, where a handler is missing or does not bundle
 */
export function bundleFunctions(options: BundleOptions): ReadonlyMap<string, string> {
  const { handlersFolder, names, deployment, buildFolder } = options;
  const entryPoints = names.map((name) => ({
    in: join(handlersFolder, name, 'handler.ts'),
    out: `${name}/index`,
  }));
  const { outputFiles } = buildSync({ ...bundling, entryPoints, outdir: buildFolder, write: false });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, withRequire(text));
    writeFileSync(join(dirname(path), deploymentFile), JSON.stringify(deployment));
  }
  return new Map(names.map((name) => [name, join(buildFolder, name)]));
}

/** ES modules with everything in them load in a third of the time of CommonJS with the runtime's own SDK. */
const bundling = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  minify: true,
  legalComments: 'none',
  logLevel: 'silent',
} satisfies BuildOptions;

/** CommonJS packages in the bundle ask for Node's own modules with `require`, which ES modules do not have. */
function withRequire(bundle: string): string {
  if (!bundle.includes('Dynamic require of')) return bundle;
  return `import{createRequire}from"node:module";const require=createRequire(import.meta.url);${bundle}`;
}
