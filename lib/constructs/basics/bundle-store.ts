/**
 * Keeps the bundles of this checkout's functions until a source file, a setting or the locked packages change: bundling
 * takes most of a synthesis. Age does not matter: every input file is read and compared. If the folder cannot be
 * written, nothing is kept.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export interface Bundled {
  readonly texts: ReadonlyMap<string, string>;
  /** Every input file, relative to the checkout's root. */
  readonly inputs: readonly string[];
}

export interface BundleStoreOptions {
  /** The checkout; bundles are kept in its `node_modules/.cache`. */
  readonly root: string;
  /** The functions' names. One set of bundles is kept for each list of names. */
  readonly names: readonly string[];
  /** Everything besides files that the output depends on. */
  readonly settings: unknown;
}

interface Stored {
  readonly settings: string;
  /** The hash of each input file, by path. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** The bundler does not list these as inputs, but they decide what it finds, how it reads it and what it writes. */
const settingFiles = [
  ...['package.json', 'package-lock.json', 'tsconfig.json'],
  ...['bundle.ts', 'taken-of-node.ts', 'unused-schemas.ts'].map((name) => `lib/constructs/basics/${name}`),
];

export function bundleOnce(options: BundleStoreOptions, bundle: () => Bundled): ReadonlyMap<string, string> {
  const { root, names } = options;
  const settings = hashOf(`${process.version} ${JSON.stringify(options.settings)}`);
  const name = `${hashOf(names.join()).slice(0, 32)}.json`;
  const file = join(root, 'node_modules', '.cache', 'mayfly-bundles', name);
  const stored = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Stored) : undefined;
  if (stored?.settings === settings && isUnchanged(root, stored))
    return new Map(Object.entries(stored.texts));
  const { texts, inputs } = bundle();
  const hashes = Object.fromEntries(
    [...inputs, ...settingFiles].map((path) => [path, hashOfFile(root, path)]),
  );
  if (isWritable(join(root, 'node_modules')))
    store(file, { settings, hashes, texts: Object.fromEntries(texts) });
  return texts;
}

const isUnchanged = (root: string, { hashes }: Stored) =>
  Object.entries(hashes).every(([path, hash]) => hashOfFile(root, path) === hash);

function hashOfFile(root: string, path: string): string {
  const file = join(root, path);
  return existsSync(file) ? hashOf(readFileSync(file)) : 'absent';
}

const hashOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Several processes may store at once: complete files replace each other. */
function store(file: string, content: Stored): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  writeFileSync(unfinished, JSON.stringify(content));
  renameSync(unfinished, file);
}
