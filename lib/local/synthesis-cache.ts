/**
 * Keeps the output of synthesis while its sources are unchanged, so that a second start needs no synthesis. The key is a
 * hash of every source, the configuration, the locked packages and Node's version; what differs between starts (ports,
 * the certificate of this start's machines) is written into the copy. Several starts may use it at once, and it stays
 * small: an entry appears whole by a rename, and the least recently used ones are removed.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

/** Values that differ between starts, by name. None may be part of another. */
export type StartValues = Readonly<Record<string, string>>;

export interface SynthesisCacheOptions {
  readonly folder: string;
  readonly root: string;
  /** Every file that the output depends on: files and whole folders below `root`. */
  readonly sources: readonly string[];
  /** A folder in one of them on which it does not depend. */
  readonly without?: string;
  /** How many outputs are kept; each has about 7 MB. */
  readonly mostEntries: number;
  /** Called with the reason if the cache cannot be used. The start goes on without it. */
  onUnusable(why: string): void;
}

export interface Synthesis<Made = unknown> {
  /** What the output depends on besides the sources and the start's values. */
  readonly input: unknown;
  readonly values: StartValues;
  /** Where the output goes; the folder does not exist yet. */
  readonly outdir: string;
  /** Creates the output in `outdir`. */
  synthesize(): Made;
}

const abandonedMilliseconds = 60 * 60_000;
const valuesFile = 'start-values.json';

/** @returns whether the output came from the cache */
export async function synthesizeOnce(
  options: SynthesisCacheOptions,
  asked: Synthesis<Promise<void> | void>,
): Promise<boolean> {
  const entry = join(options.folder, keyOf(options, asked.input));
  if (restore(entry, asked, options)) return true;
  await asked.synthesize();
  store(entry, asked, options);
  return false;
}

/** The same, synchronously. @returns whether the output came from the cache */
export function synthesizeOnceNow(options: SynthesisCacheOptions, asked: Synthesis<void>): boolean {
  const entry = join(options.folder, keyOf(options, asked.input));
  if (restore(entry, asked, options)) return true;
  asked.synthesize();
  store(entry, asked, options);
  return false;
}

function keyOf({ root, sources, without }: SynthesisCacheOptions, input: unknown): string {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\n${JSON.stringify(input)}\n`);
  for (const path of sources.flatMap((source) => filesIn(root, source, without)).sort()) {
    const content = readFileSync(join(root, path));
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** Half of the time that patterns take, and each start of the laptop waits for it. */
function filesIn(root: string, source: string, without: string | undefined): string[] {
  if (source === without) return [];
  if (statSync(join(root, source)).isFile()) return [source];
  return readdirSync(join(root, source), { withFileTypes: true }).flatMap((entry) => {
    // An editor's, such as a lock that is a link to nothing.
    if (entry.name.startsWith('.')) return [];
    const path = `${source}/${entry.name}`;
    return entry.isFile() ? [path] : filesIn(root, path, without);
  });
}

/** False if there is no such entry, or another process is removing it. */
function restore(
  entry: string,
  { outdir, values }: Synthesis,
  { onUnusable }: SynthesisCacheOptions,
): boolean {
  if (!existsSync(entry)) return false;
  try {
    const stored = JSON.parse(readFileSync(join(entry, valuesFile), 'utf8')) as StartValues;
    cpSync(join(entry, 'output'), outdir, { recursive: true });
    for (const path of globSync('**/*.json', { cwd: outdir })) {
      const text = readFileSync(join(outdir, path), 'utf8');
      const fitting = withValues(text, { stored, values });
      if (fitting !== text) writeFileSync(join(outdir, path), fitting);
    }
    utimesSync(entry, new Date(), new Date());
    return true;
  } catch (error) {
    for (const broken of [outdir, entry]) rmSync(broken, { recursive: true, force: true });
    onUnusable(`${basename(entry)} cannot be read: ${(error as Error).message}`);
    return false;
  }
}

function store(
  entry: string,
  { outdir, values }: Synthesis,
  { folder, mostEntries, onUnusable }: SynthesisCacheOptions,
): void {
  const unfinished = join(folder, `unfinished-${randomUUID()}`);
  try {
    if (hasOtherFilesWith(outdir, values))
      throw new Error('a file that is not JSON holds a value of this start');
    mkdirSync(unfinished, { recursive: true });
    cpSync(outdir, join(unfinished, 'output'), {
      recursive: true,
      // The same files are there again, as assets.
      filter: (path) => dirname(path) !== outdir || basename(path) !== 'bundles',
    });
    writeFileSync(join(unfinished, valuesFile), JSON.stringify(values));
    if (!existsSync(entry)) renameSync(unfinished, entry);
    removeOld(folder, mostEntries);
  } catch (error) {
    // Another start was faster: its entry is just as good.
    if (!existsSync(entry)) onUnusable((error as Error).message);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function hasOtherFilesWith(outdir: string, values: StartValues): boolean {
  const others = globSync('**/*', { cwd: outdir }).filter((path) => extname(path) !== '.json');
  return others.some((path) => {
    if (!statSync(join(outdir, path)).isFile()) return false;
    const text = readFileSync(join(outdir, path), 'utf8');
    return Object.values(values).some((value) => text.includes(value));
  });
}

function removeOld(folder: string, mostEntries: number): void {
  const found = readdirSync(folder).map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }));
  const isUnfinished = ({ name }: { name: string }) => name.startsWith('unfinished-');
  const abandoned = found.filter((one) => isUnfinished(one) && Date.now() - one.at > abandonedMilliseconds);
  const whole = found.filter((one) => !isUnfinished(one)).sort((a, b) => b.at - a.at);
  for (const { name } of [...abandoned, ...whole.slice(mostEntries)]) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * A value may be in JSON, in JSON within JSON (a template's text), and one level deeper (an environment variable's text).
 */
function withValues(text: string, { stored, values }: { stored: StartValues; values: StartValues }): string {
  let fitting = text;
  for (const [name, before] of Object.entries(stored)) {
    let [old, fresh] = [before, values[name] ?? before];
    for (let depth = 0; depth < 4; depth += 1) {
      fitting = fitting.replaceAll(old, () => fresh);
      if (escaped(old) === old) break;
      [old, fresh] = [escaped(old), escaped(fresh)];
    }
  }
  return fitting;
}

const escaped = (text: string) => JSON.stringify(text).slice(1, -1);
