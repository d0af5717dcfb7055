/**
 * The package as somebody else has it: packed by npm from a copy of this checkout, and installed by npm into a folder
 * elsewhere, beside the CDK of this checkout. It needs no registry, and writes nothing into the checkout.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(checkout, 'node_modules');

/** What the package is made from. */
const sources = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'LICENSE',
  'bin',
  'images',
  'lambdas',
  'lib',
];

/**
 * The bundler and the compiler are Go programs that end within seconds. To collect garbage takes a quarter of their
 * processor time, so here they do so only when they hold this much memory.
 * Source: https://pkg.go.dev/runtime#hdr-Environment_Variables
 */
export const withoutCollection = { GOGC: 'off', GOMEMLIMIT: '2GiB' };

export interface InstalledPackage {
  /** Where it is installed; the examples lie in it by their names. */
  readonly folder: string;
  readonly packedFiles: readonly string[];
  /** With the Node of this checkout. @throws Error with all that it printed, where it fails */
  node(args: readonly string[], environment?: Readonly<Record<string, string>>): string;
  dispose(): void;
}

export function installPackage(): InstalledPackage {
  const root = mkdtempSync(join(tmpdir(), 'mayfly-package-'));
  const folder = join(root, 'app');
  const { file, files } = pack(root);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  const beside = ['aws-cdk-lib', 'constructs', '@types/node'].map((name) => join(modules, name));
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', file, ...beside], { cwd: folder });
  for (const name of exampleNames) {
    cpSync(join(checkout, 'examples', name), join(folder, name), { recursive: true });
  }
  return {
    folder,
    packedFiles: files,
    // From a folder that is not the app's, so that nothing leans on the working directory.
    node: (args, environment = {}) => run(process.execPath, args, { cwd: root, environment }),
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Those that use the package; the example controller is a program for another machine. */
export const exampleNames = readdirSync(join(checkout, 'examples'), { withFileTypes: true })
  .filter(
    (entry) => entry.isDirectory() && existsSync(join(checkout, 'examples', entry.name, 'tsconfig.json')),
  )
  .map(({ name }) => name);

function pack(root: string): { file: string; files: string[] } {
  const copy = join(root, 'checkout');
  for (const name of sources) cpSync(join(checkout, name), join(copy, name), { recursive: true });
  linkModules(join(copy, 'node_modules'));
  const printed = run('npm', ['pack', '--json', '--pack-destination', root], {
    cwd: copy,
    environment: withoutCollection,
  });
  const [packed] = JSON.parse(printed.slice(printed.indexOf('['))) as Packed[];
  return { file: join(root, packed!.filename), files: packed!.files.map(({ path }) => path) };
}

/** A folder of its own, so that what is bundled in the copy does not replace the bundles that this checkout keeps. */
function linkModules(folder: string) {
  mkdirSync(folder);
  for (const name of readdirSync(modules).filter((name) => name !== '.cache'))
    symlinkSync(join(modules, name), join(folder, name));
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function run(
  program: string,
  args: readonly string[],
  { cwd, environment = {} }: { cwd: string; environment?: Readonly<Record<string, string>> },
): string {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const result: SpawnSyncReturns<string> = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { ...inherited, ...environment },
  });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${program} ${args.join(' ')} ended with ${result.status ?? result.error}:\n${result.stdout}\n${result.stderr}`,
  );
}
