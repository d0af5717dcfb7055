/** The folders of the sources that are measured, and how many of a folder's mutants the tests must catch. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const lib = join(import.meta.dirname, '../../lib');

/** `core`, and the folders of `app`. */
export const folders: readonly string[] = [
  'core',
  ...readdirSync(join(lib, 'app')).map((name) => `app/${name}`),
];

/** In percent. */
export const goalOf = (folder: string) => (folder === 'core' ? 85 : 75);

/** @param file `lib/core/job.ts`, `lib/app/claim/claim-job.ts` */
export const folderOf = (file: string): string => {
  const [, layer = '', folder = ''] = file.split('/');
  return layer === 'app' ? `app/${folder}` : layer;
};
