/** Which of the project's own files a function is made of, as the bundler sees it: what is never reached is not among them. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file by its path from the root, in lines. */
export type SourceFiles = ReadonlyMap<string, readonly string[]>;

export function filesOfFunction(name: string): SourceFiles {
  const { metafile } = buildSync({
    entryPoints: [join(root, 'lambdas', name, 'handler.ts')],
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    loader: { '.sh': 'text' },
    metafile: true,
    write: false,
    outdir: root,
  });
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs: used }) => Object.entries(used));
  return readFiles(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path));
}

export const readFiles = (paths: readonly string[]): SourceFiles =>
  new Map(
    paths.map((path) => {
      const fromRoot = relative(root, join(root, path));
      return [fromRoot, readFileSync(join(root, path), 'utf8').split('\n')];
    }),
  );
