/** What every `RunnerBinaries` promises, in memory and in S3. */
import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { archiveName, type RunnerArchive } from '../../lib/core/runner-release.ts';
import type { RunnerBinaries } from '../../lib/ports/runner-binaries.ts';

export interface Stored {
  readonly binaries: RunnerBinaries;
  /** Names of the stored archives, in any order. */
  archives(): string[];
}

const bytesOf = (version: string) => Buffer.from(`runner ${version} `.repeat(1_000));

export const givenArchive = (version: string, over: Partial<RunnerArchive> = {}): RunnerArchive => ({
  version,
  architecture: 'x64',
  url: 'https://github.com/x',
  bytes: bytesOf(version).length,
  sha256: createHash('sha256').update(bytesOf(version)).digest('hex'),
  ...over,
});

export async function* piecesOf(version: string): AsyncGenerator<Uint8Array> {
  const bytes = bytesOf(version);
  for (let from = 0; from < bytes.length; from += 1_000) yield bytes.subarray(from, from + 1_000);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('runner');
  throw new Error('the download broke off');
}

export function runnerBinariesContract(fresh: () => Promise<Stored>): void {
  const name = (version: string) => archiveName(version, 'x64');
  const bringIn = async ({ binaries }: Stored, version: string) => {
    const archive = givenArchive(version);
    expect(await binaries.store(archive, piecesOf(version))).toBe('stored');
    await binaries.makeCurrent(archive);
  };

  it('is empty at first', async () => {
    const { binaries } = await fresh();
    expect(await binaries.current('x64')).toBeUndefined();
    expect(await binaries.removeOld('x64')).toEqual([]);
  });

  it('stores an archive, which is used only once it is made current', async () => {
    const stored = await fresh();
    const archive = givenArchive('2.337.0');
    await stored.binaries.store(archive, piecesOf('2.337.0'));
    expect(stored.archives()).toEqual([name('2.337.0')]);
    expect(await stored.binaries.current('x64')).toBeUndefined();
    await stored.binaries.makeCurrent(archive);
    expect(await stored.binaries.current('x64')).toEqual({ version: '2.337.0', sha256: archive.sha256 });
    expect(await stored.binaries.current('arm64')).toBeUndefined();
  });

  it.each([
    ['another checksum', { sha256: '0'.repeat(64) }],
    ['fewer bytes', { bytes: 5 }],
    ['more bytes', { bytes: 1_000_000 }],
  ])('stores nothing of an archive that promised %s', async (_, over) => {
    const stored = await fresh();
    const archive = givenArchive('2.337.0', over);
    expect(await stored.binaries.store(archive, piecesOf('2.337.0'))).toBe('mismatch');
    expect(stored.archives()).toEqual([]);
  });

  it('stores nothing of a download that breaks off, and says so', async () => {
    const stored = await fresh();
    await expect(stored.binaries.store(givenArchive('2.337.0'), broken())).rejects.toThrow('broke off');
    expect(stored.archives()).toEqual([]);
  });

  it('stores the same archive again', async () => {
    const stored = await fresh();
    await bringIn(stored, '2.337.0');
    await bringIn(stored, '2.337.0');
    expect(stored.archives()).toEqual([name('2.337.0')]);
  });

  it('keeps the current archive and the one stored before it, and removes the rest', async () => {
    const stored = await fresh();
    for (const version of ['2.335.0', '2.336.0', '2.337.0']) await bringIn(stored, version);
    expect(await stored.binaries.removeOld('arm64')).toEqual([]);
    expect(await stored.binaries.removeOld('x64')).toEqual([name('2.335.0')]);
    expect(stored.archives().sort()).toEqual([name('2.336.0'), name('2.337.0')]);
    expect(await stored.binaries.removeOld('x64')).toEqual([]);
  });

  it('keeps a stored archive that is not current yet', async () => {
    const stored = await fresh();
    await bringIn(stored, '2.336.0');
    await stored.binaries.store(givenArchive('2.337.0'), piecesOf('2.337.0'));
    expect(await stored.binaries.removeOld('x64')).toEqual([]);
    expect(stored.archives().sort()).toEqual([name('2.336.0'), name('2.337.0')]);
  });

  it('remembers for which version an image was last asked for, by architecture', async () => {
    const { binaries } = await fresh();
    expect(await binaries.imageNote('x64')).toBeUndefined();
    await binaries.noteImage('x64', '2.336.0');
    await binaries.noteImage('x64', '2.337.0');
    expect(await binaries.imageNote('x64')).toBe('2.337.0');
    expect(await binaries.imageNote('arm64')).toBeUndefined();
    expect(await binaries.current('x64')).toBeUndefined();
  });
}
