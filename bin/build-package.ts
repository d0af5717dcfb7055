/**
 * Builds dist/, which `npm pack` packs: the construct as JavaScript with its types, since Node does not strip types
 * under node_modules, and the functions as ready-made bundles, since users of the package have neither the functions'
 * dependencies nor a bundler.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCommandLine, exitStatus, runScript } from '../lib/cli/command-line.ts';
import { bundleFile, bundleHandlers } from '../lib/constructs/basics/bundle.ts';
import { handlersFolder } from '../lib/constructs/basics/files.ts';
import { functionNames } from '../lib/contract/functions.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

await runScript(
  createCommandLine({
    name: 'npm run prepack --',
    description: 'Builds dist/ for npm pack, which runs this by itself.',
  })
    .addHelpText('after', exitStatus())
    .action(build),
);

function build() {
  rmSync(dist, { recursive: true, force: true });
  compile();
  for (const file of globSync('**/*.d.ts', { cwd: dist })) nameJavaScript(join(dist, file));
  for (const [name, text] of bundleHandlers(handlersFolder, functionNames)) {
    mkdirSync(join(dist, 'lambdas', name), { recursive: true });
    writeFileSync(join(dist, 'lambdas', name, bundleFile), text);
  }
  cpSync(join(root, 'images'), join(dist, 'images'), { recursive: true });
}

function compile() {
  const compiler = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
  execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
}

/** The compiler rewrites import paths in JavaScript, but leaves those in the declarations unchanged. */
function nameJavaScript(file: string) {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/(from |import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2'));
}
