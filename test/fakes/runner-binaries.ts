/** The store of runner programs in memory. It shows an archive only when all of it came and its checksum is right. */
import { createHash } from 'node:crypto';
import type { CurrentRunner } from '../../lib/contract/runner-binaries.ts';
import { archiveName, type RunnerArchive } from '../../lib/core/runner-release.ts';
import type { Architecture } from '../../lib/core/tier.ts';
import type { RunnerBinaries } from '../../lib/ports/runner-binaries.ts';
import { copyOf } from './copy.ts';

type Call = keyof RunnerBinaries;

export interface MemoryRunnerBinaries extends RunnerBinaries {
  /** Names of what is stored, oldest first. */
  archives(architecture: Architecture): string[];
  bytesOf(name: string): Buffer | undefined;
  /** The next such call fails: with this error before its effect, or, `after`, once it was done. */
  failNext(call: Call, failure: Error | 'after'): void;
}

export function createMemoryRunnerBinaries(): MemoryRunnerBinaries {
  const archives = new Map<string, { readonly architecture: Architecture; readonly bytes: Buffer }>();
  const current = new Map<Architecture, CurrentRunner>();
  const images = new Map<Architecture, string>();
  const failures: { readonly call: Call; readonly failure: Error | 'after' }[] = [];
  const names = (architecture: Architecture) =>
    [...archives].filter(([, stored]) => stored.architecture === architecture).map(([name]) => name);
  const call = async <Value>(name: Call, effect: () => Value | Promise<Value>): Promise<Value> => {
    const at = failures.findIndex((entry) => entry.call === name);
    const failure = at === -1 ? undefined : failures.splice(at, 1)[0]?.failure;
    if (failure instanceof Error) throw failure;
    const value = await effect();
    if (failure === 'after') throw new Error(`The answer to ${name} was lost.`);
    return value;
  };
  return {
    archives: names,
    bytesOf: (name) => archives.get(name)?.bytes,
    failNext: (name, failure) => void failures.push({ call: name, failure }),
    current: (architecture) => call('current', () => copyOf(current.get(architecture))),
    store: (archive, pieces) =>
      call('store', async () => {
        const all: Uint8Array[] = [];
        for await (const piece of pieces) all.push(piece);
        const bytes = Buffer.concat(all);
        if (!isPromised(archive, bytes)) return 'mismatch' as const;
        const name = archiveName(archive.version, archive.architecture);
        archives.delete(name);
        archives.set(name, { architecture: archive.architecture, bytes });
        return 'stored' as const;
      }),
    makeCurrent: ({ architecture, version, sha256 }) =>
      call('makeCurrent', () => void current.set(architecture, { version, sha256 })),
    imageNote: (architecture) => call('imageNote', () => images.get(architecture)),
    noteImage: (architecture, version) => call('noteImage', () => void images.set(architecture, version)),
    removeOld: (architecture) =>
      call('removeOld', () => {
        const used = current.get(architecture);
        const inUse = used && archiveName(used.version, architecture);
        const old = names(architecture)
          .filter((name) => name !== inUse)
          .slice(0, -1);
        for (const name of old) archives.delete(name);
        return old;
      }),
  };
}

const isPromised = ({ bytes: length, sha256 }: RunnerArchive, bytes: Buffer) =>
  bytes.length === length && createHash('sha256').update(bytes).digest('hex') === sha256;
