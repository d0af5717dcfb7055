/**
 * Keeps what the bundler made of this checkout's functions while every file that it read, its settings and the locked
 * packages are unchanged: bundling takes most of a synthesis. What is stored is never trusted by its age: each file that went
 * into it is read and compared. Nothing is kept where the folder cannot be written.
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
  /** Every file that was read, from the checkout's root on. */
  readonly inputs: readonly string[];
}

export interface BundleStoreOptions {
  /** The checkout; what is kept lies in its `node_modules/.cache`. */
  readonly root: string;
  /** Of the functions. One output is kept for each list of names. */
  readonly names: readonly string[];
  /** What the output depends on besides files. */
  readonly settings: unknown;
}

interface Stored {
  readonly settings: string;
  /** The hash of each input, by path. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** They decide what the bundler finds, how it reads it and what becomes of its output, and it does not name them as inputs. */
const settingFiles = [
  ...['package.json', 'package-lock.json', 'tsconfig.json'],
  ...['bundle.ts', 'unused-schemas.ts'].map((name) => `lib/constructs/basics/${name}`),
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

/** Several may store at once: whole files take each other's place. */
function store(file: string, content: Stored): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  writeFileSync(unfinished, JSON.stringify(content));
  renameSync(unfinished, file);
}
