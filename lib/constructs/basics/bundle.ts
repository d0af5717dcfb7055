/**
 * Creates the folders that are uploaded as functions: one ES module each, with the deployment's settings beside it. A
 * checkout bundles its sources here; an installed package ships ready-made bundles, so that its users need no bundler.
 * The same sources and configuration give the same bytes, so an unchanged function is not deployed again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, TransformOptions } from 'esbuild';
import { type Deployment, deploymentFile } from '../../contract/deployment.ts';
import { type Bundled, bundleOnce } from './bundle-store.ts';
import { handlersFolder as ownHandlers } from './files.ts';
import { withNodeTaken } from './taken-of-node.ts';
import { withSchemasMarked } from './unused-schemas.ts';

export interface BundleOptions {
  /** Contains `<name>/handler.ts` for each name, or `<name>/index.mjs` for each. */
  readonly handlersFolder: string;
  readonly names: readonly string[];
  readonly deployment: Deployment;
  /** Where the bundles are written: `<buildFolder>/<name>/index.mjs`. */
  readonly buildFolder: string;
}

export const bundleFile = 'index.mjs';

/**
 * @returns each function's folder, by name
 * @throws the bundler's error, which names file and line, if a handler is missing or cannot be bundled
 */
export function bundleFunctions(options: BundleOptions): ReadonlyMap<string, string> {
  const { handlersFolder, names, deployment, buildFolder } = options;
  const ready = names.every((name) => existsSync(join(handlersFolder, name, bundleFile)));
  const bundles = ready ? readBundles(handlersFolder, names) : bundleHandlers(handlersFolder, names);
  return new Map(
    [...bundles].map(([name, text]) => {
      const folder = join(buildFolder, name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, bundleFile), text);
      writeFileSync(join(folder, deploymentFile), JSON.stringify(deployment));
      return [name, folder];
    }),
  );
}

/** Several deployments in one app share the same functions; sources do not change while an app is synthesized. */
const bundled = new Map<string, ReadonlyMap<string, string>>();

/** @returns each handler with everything that it imports, as one ES module, by name */
export function bundleHandlers(
  handlersFolder: string,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const folder = resolve(handlersFolder);
  const key = JSON.stringify([folder, names]);
  const texts = bundled.get(key) ?? bundlesOf(folder, names);
  bundled.set(key, texts);
  return texts;
}

/** Bundles of this checkout are kept from one process to the next. */
function bundlesOf(folder: string, names: readonly string[]): ReadonlyMap<string, string> {
  const root = dirname(folder);
  if (folder !== ownHandlers || !existsSync(join(root, 'node_modules')))
    return bundleAnew(folder, names).texts;
  return bundleOnce({ root, names, settings: { bundling, shrinking } }, () => bundleAnew(folder, names));
}

function bundleAnew(folder: string, names: readonly string[]): Bundled {
  const { buildSync, transformSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const entryPoints = names.map((name) => ({ in: join(folder, name, 'handler.ts'), out: name }));
  const options = { ...bundling, absWorkingDir: dirname(folder), entryPoints, outdir: folder };
  const { outputFiles, metafile } = buildSync({ ...options, metafile: true, write: false });
  const outputs = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const texts = new Map(
    names.map((name) => {
      const text = withNodeTaken(withSchemasMarked(withoutPlace(outputs.get(join(folder, `${name}.mjs`))!)));
      return [name, withRequire(transformSync(text, shrinking).code)];
    }),
  );
  return { texts, inputs: Object.keys(metafile.inputs) };
}

const readBundles = (folder: string, names: readonly string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [name, readFileSync(join(folder, name, bundleFile), 'utf8')]));

const target = 'node24';

/** Self-contained ES modules load in a third of the time of CommonJS with the runtime's own SDK. */
const bundling = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target,
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  alias: {
    '@aws-sdk/client-dynamodb': fileURLToPath(
      new URL('../../adapters/aws-json/dynamodb.ts', import.meta.url),
    ),
    '@aws-sdk/credential-provider-node': fileURLToPath(
      new URL('../../adapters/system/lambda-credentials.ts', import.meta.url),
    ),
    'node:http': fileURLToPath(new URL('./node-http.ts', import.meta.url)),
  },
  legalComments: 'none',
  // The machines' scripts.
  loader: { '.sh': 'text' },
  logLevel: 'silent',
} satisfies BuildOptions;

const shrinking = {
  format: 'esm',
  target,
  minify: true,
  treeShaking: true,
  legalComments: 'none',
} satisfies TransformOptions;

/**
 * The bundler names each module by its path relative to the working directory. The bundle must not depend on where it is
 * built.
 */
const withoutPlace = (bundle: string) => bundle.replace(/"[^"\n]*\/node_modules\//g, '"node_modules/');

/** CommonJS packages in the bundle load Node's own modules with `require`, which ES modules do not have. */
function withRequire(bundle: string): string {
  if (!bundle.includes('Dynamic require of')) return bundle;
  return `import{createRequire}from"node:module";const require=createRequire(import.meta.url);${bundle}`;
}
