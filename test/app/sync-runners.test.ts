/** That machines always have a whole and checked runner program to install, wherever the syncer dies. */
import { describe, expect, it } from '@jest/globals';
import { type RunnersWanted, syncRunners } from '../../lib/app/runner-syncer/sync-runners.ts';
import { archiveName } from '../../lib/core/runner-release.ts';
import type { ImageBuilds } from '../../lib/ports/image-builds.ts';
import { createMemoryRunnerBinaries } from '../fakes/runner-binaries.ts';
import { archiveBytes, createMemoryRunnerReleases } from '../fakes/runner-releases.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';

const noChecksums = { sha256: {} };

function givenSyncer(wanted: Partial<RunnersWanted> = {}) {
  const releases = createMemoryRunnerReleases();
  releases.publish({ version: '2.337.0' });
  const deps = { releases, binaries: createMemoryRunnerBinaries(), telemetry: createMemoryTelemetry() };
  const sync = () => syncRunners(deps, { architectures: ['x64'], ...noChecksums, ...wanted });
  const results = () =>
    deps.telemetry.counts
      .filter(({ metric }) => metric === 'RunnerSyncs')
      .map(({ dimensions }) => dimensions['result']);
  const inStep = () =>
    deps.telemetry.counts.flatMap(({ metric, values }) => (metric === 'RunnersInStep' ? values : []));
  const refused = () => deps.telemetry.events.map(({ name, fields }) => [name, fields['version']]);
  const reasons = () => deps.telemetry.events.map(({ fields }) => fields['reason']).filter(Boolean);
  const versionInUse = async () => (await deps.binaries.current('x64'))?.version;
  return { ...deps, sync, results, inStep, refused, reasons, versionInUse };
}

describe('the syncer', () => {
  it('stores the current release for each architecture, and then has nothing to do', async () => {
    const syncer = givenSyncer({ architectures: ['arm64', 'x64'] });
    await syncer.sync();
    await syncer.sync();
    for (const architecture of ['arm64', 'x64'] as const) {
      expect(await syncer.binaries.current(architecture)).toMatchObject({ version: '2.337.0' });
      const bytes = syncer.binaries.bytesOf(archiveName('2.337.0', architecture));
      expect(bytes).toEqual(archiveBytes('2.337.0', architecture));
    }
    expect(syncer.results()).toEqual(['stored', 'stored', 'current', 'current']);
    expect(syncer.releases.downloads).toBe(2);
  });

  it('follows GitHub to the next release and keeps the one before', async () => {
    const syncer = givenSyncer();
    for (const version of ['2.338.0', '2.339.0']) {
      await syncer.sync();
      syncer.releases.publish({ version });
    }
    await syncer.sync();
    expect(await syncer.versionInUse()).toBe('2.339.0');
    expect(syncer.binaries.archives('x64')).toEqual(
      ['2.338.0', '2.339.0'].map((version) => archiveName(version, 'x64')),
    );
  });

  it('stays at a pinned release, and goes back to an older one', async () => {
    const syncer = givenSyncer();
    syncer.releases.publish({ version: '2.338.0' });
    await syncer.sync();
    expect(await syncer.versionInUse()).toBe('2.338.0');
    await syncRunners(syncer, { architectures: ['x64'], version: '2.337.0', ...noChecksums });
    expect(await syncer.versionInUse()).toBe('2.337.0');
  });
});

describe('an unexpected release', () => {
  it('is refused if the bytes have another checksum, and machines keep the current release', async () => {
    const syncer = givenSyncer();
    await syncer.sync();
    syncer.releases.publish({ version: '2.338.0' });
    syncer.releases.dial = 'garble';
    await syncer.sync();
    expect(await syncer.versionInUse()).toBe('2.337.0');
    expect(syncer.binaries.archives('x64')).toEqual([archiveName('2.337.0', 'x64')]);
    expect(syncer.results()).toEqual(['stored', 'refused']);
    expect(syncer.reasons()).toEqual(['mismatch']);
  });

  it.each([
    ['without a checksum', { version: '2.338.0', files: [] }, {}, 'no-archive'],
    [
      'with another one than the operator says',
      { version: '2.338.0' },
      { x64: '0'.repeat(64) },
      'checksums-differ',
    ],
  ])('is refused %s', async (_, release, sha256, reason) => {
    const syncer = givenSyncer({ sha256 });
    syncer.releases.publish(release);
    await syncer.sync();
    expect(syncer.reasons()).toEqual([reason]);
    expect(syncer.releases.downloads).toBe(0);
  });

  it('is refused if a release in use has changed', async () => {
    const syncer = givenSyncer();
    await syncer.sync();
    const release = await syncer.releases.find();
    const files = release!.files.map((file) => ({ ...file, digest: `sha256:${'0'.repeat(64)}` }));
    syncer.releases.publish({ version: '2.337.0', files });
    await syncer.sync();
    expect(syncer.reasons()).toEqual(['changed']);
    expect(await syncer.versionInUse()).toBe('2.337.0');
  });

  it('is reported if the pinned release does not exist', async () => {
    const syncer = givenSyncer({ version: '2.400.0' });
    await syncer.sync();
    expect(syncer.reasons()).toEqual(['no-release']);
    expect(syncer.refused()).toEqual([['runner-refused', '2.400.0']]);
    expect(syncer.inStep()).toEqual([0]);
  });

  it('does not hold up the other architecture', async () => {
    const syncer = givenSyncer({ architectures: ['arm64', 'x64'] });
    syncer.binaries.failNext('store', new Error('S3 is away'));
    await expect(syncer.sync()).rejects.toThrow('1 runner programs were not synced');
    expect(await syncer.binaries.current('arm64')).toBeUndefined();
    expect(await syncer.versionInUse()).toBe('2.337.0');
    expect(syncer.results()).toEqual(['failed', 'stored']);
    expect(syncer.inStep()).toEqual([0]);
  });

  it('is up to date only if every expected file is there', async () => {
    const syncer = givenSyncer({ architectures: ['arm64', 'x64'] });
    await syncer.sync();
    await syncer.sync();
    syncer.releases.publish({ version: '2.338.0' });
    const ofOne = (await syncer.releases.find())!.files.filter(({ name }) => name.includes('x64'));
    syncer.releases.publish({ version: '2.338.0', files: ofOne });
    await syncer.sync();
    expect(syncer.inStep()).toEqual([1, 1, 0]);
    expect(syncer.results().slice(4)).toEqual(['refused', 'stored']);
  });
});

describe('a syncer that dies', () => {
  it.each([
    ['before', 'store', new Error('died')],
    ['after', 'store', 'after'],
    ['before', 'makeCurrent', new Error('died')],
    ['after', 'makeCurrent', 'after'],
    ['before', 'removeOld', new Error('died')],
    ['after', 'removeOld', 'after'],
  ] as const)(
    '%s %s leaves a complete program in use, and the next check does the rest',
    async (_, call, failure) => {
      const syncer = givenSyncer();
      for (const version of ['2.338.0', '2.339.0']) {
        await syncer.sync();
        syncer.releases.publish({ version });
      }
      syncer.binaries.failNext(call, failure);
      await expect(syncer.sync()).rejects.toThrow();
      const inUse = await syncer.versionInUse();
      expect(['2.338.0', '2.339.0']).toContain(inUse);
      expect(syncer.binaries.archives('x64')).toContain(archiveName(inUse!, 'x64'));

      await syncer.sync();
      expect(await syncer.versionInUse()).toBe('2.339.0');
      expect(syncer.binaries.archives('x64')).toHaveLength(2);
    },
  );

  it('in the middle of a download leaves nothing of it', async () => {
    const syncer = givenSyncer();
    syncer.releases.dial = 'interrupt';
    await expect(syncer.sync()).rejects.toThrow();
    expect(syncer.binaries.archives('x64')).toEqual([]);
    syncer.releases.dial = undefined;
    await syncer.sync();
    expect(await syncer.versionInUse()).toBe('2.337.0');
  });
});

describe('custom images', () => {
  function givenImages() {
    const builds: string[] = [];
    let failure: Error | undefined;
    let isReady = true;
    const images: ImageBuilds = {
      async start(architecture, version) {
        if (failure) throw failure;
        if (!isReady) return 'no-pipeline';
        // Asking again with the same token is the same build.
        if (!builds.includes(`${architecture} ${version}`)) builds.push(`${architecture} ${version}`);
        return 'started';
      },
    };
    const syncer = givenSyncer();
    const sync = () => syncRunners({ ...syncer, images }, { architectures: ['x64'], ...noChecksums });
    const set = (to: { failure?: Error; isReady?: boolean }) => {
      failure = to.failure;
      isReady = to.isReady ?? true;
    };
    return { ...syncer, builds, sync, set };
  }

  it('are built once for each release that is stored', async () => {
    const world = givenImages();
    await world.sync();
    await world.sync();
    world.releases.publish({ version: '2.338.0' });
    await world.sync();
    await world.sync();
    expect(world.builds).toEqual(['x64 2.337.0', 'x64 2.338.0']);
  });

  it('are not built from a refused release', async () => {
    const world = givenImages();
    world.releases.dial = 'garble';
    await world.sync();
    expect(world.builds).toEqual([]);
  });

  it('wait for a pipeline that does not exist yet', async () => {
    const world = givenImages();
    world.set({ isReady: false });
    await world.sync();
    expect(await world.binaries.imageNote('x64')).toBeUndefined();
    world.set({ isReady: true });
    await world.sync();
    expect(world.builds).toEqual(['x64 2.337.0']);
  });

  it('are requested again if the request failed, or the process died before it was recorded', async () => {
    const world = givenImages();
    world.set({ failure: new Error('Image Builder is away') });
    await expect(world.sync()).rejects.toThrow();
    expect(await world.versionInUse()).toBe('2.337.0');
    world.set({});
    world.binaries.failNext('noteImage', new Error('died'));
    await expect(world.sync()).rejects.toThrow();
    await world.sync();
    await world.sync();
    expect(world.builds).toEqual(['x64 2.337.0']);
    expect(await world.binaries.imageNote('x64')).toBe('2.337.0');
  });
});
