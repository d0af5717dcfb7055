/**
 * Keeps the platform's own copy of GitHub's runner program at the current release, or at the pinned one. The archive is
 * stored whole and verified before `current` is moved to it, and only then are old ones removed: a crash between any two
 * steps leaves the last good one in use, and the next look does the rest.
 */
import { type ArchiveRefusal, chooseArchive, type RunnerArchive } from '../../core/runner-release.ts';
import type { Architecture } from '../../core/tier.ts';
import type { ImageBuilds } from '../../ports/image-builds.ts';
import type { RunnerBinaries } from '../../ports/runner-binaries.ts';
import type { RunnerReleases } from '../../ports/runner-releases.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface SyncDeps {
  readonly releases: RunnerReleases;
  readonly binaries: RunnerBinaries;
  /** Absent: no images are made. */
  readonly images?: ImageBuilds;
  readonly telemetry: Telemetry;
}

/** What the operator configured. */
export interface RunnersWanted {
  readonly architectures: readonly Architecture[];
  /** Absent: the current release. */
  readonly version?: string;
  readonly sha256: Readonly<Partial<Record<Architecture, string>>>;
}

/** `changed`: the file of a release that is in use has another checksum than when it was stored. */
type Refusal = ArchiveRefusal | 'no-release' | 'mismatch' | 'changed';
type Outcome = 'current' | 'stored' | { readonly refused: Refusal };

/** @throws AggregateError of what failed, after each architecture was tried */
export async function syncRunners(deps: SyncDeps, wanted: RunnersWanted): Promise<void> {
  const results: Outcome[] = [];
  const errors: unknown[] = [];
  for (const architecture of wanted.architectures) {
    try {
      results.push(await syncOne(deps, wanted, architecture));
    } catch (error) {
      errors.push(error);
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const fields = { architecture, result: 'failed', error: text };
      deps.telemetry.event('warn', 'runner-sync-failed', fields, { RunnerSyncs: 1 });
    }
  }
  const inStep = errors.length === 0 && results.every((result) => typeof result === 'string');
  deps.telemetry.count('RunnersInStep', {}, inStep ? 1 : 0);
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} runner programs were not synced.`);
}

async function syncOne(deps: SyncDeps, wanted: RunnersWanted, architecture: Architecture): Promise<Outcome> {
  const release = await deps.releases.find(wanted.version);
  if (!release)
    return refuse(deps, architecture, { reason: 'no-release', version: wanted.version ?? 'current' });
  const { version } = release;
  const choice = chooseArchive(release, architecture, wanted.sha256[architecture]);
  if (choice.kind === 'refused') return refuse(deps, architecture, { reason: choice.reason, version });
  const { archive } = choice;
  const current = await deps.binaries.current(architecture);
  if (current?.version === version && current.sha256 !== archive.sha256) {
    return refuse(deps, architecture, { reason: 'changed', version });
  }
  if (current?.version === version) {
    // Also what a crashed run left behind.
    await deps.binaries.removeOld(architecture);
    deps.telemetry.count('RunnerSyncs', { result: 'current' });
    await renewImage(deps, archive);
    return 'current';
  }
  const outcome = await bringIn(deps, archive);
  if (outcome === 'stored') await renewImage(deps, archive);
  return outcome;
}

/** Noted only once it was started: after a crash in between it is started again, which is the same build. */
async function renewImage({ images, binaries, telemetry }: SyncDeps, archive: RunnerArchive): Promise<void> {
  const { architecture, version } = archive;
  if (!images || (await binaries.imageNote(architecture)) === version) return;
  const outcome = await images.start(architecture, version);
  telemetry.event('info', 'image-build', { architecture, version, outcome });
  if (outcome === 'started') await binaries.noteImage(architecture, version);
}

async function bringIn(deps: SyncDeps, archive: RunnerArchive): Promise<Outcome> {
  const { releases, binaries, telemetry } = deps;
  const { architecture, version, sha256, bytes } = archive;
  const outcome = await binaries.store(archive, releases.download(archive));
  if (outcome === 'mismatch') return refuse(deps, architecture, { reason: 'mismatch', version });
  await binaries.makeCurrent(archive);
  const removed = await binaries.removeOld(architecture);
  const fields = { architecture, version, sha256, bytes, removed, result: 'stored' };
  telemetry.event('info', 'runner-stored', fields, { RunnerSyncs: 1 });
  return 'stored';
}

/** Nothing is stored; machines keep what they have. */
function refuse(
  { telemetry }: SyncDeps,
  architecture: Architecture,
  refusal: { readonly reason: Refusal; readonly version: string },
): Outcome {
  const fields = { architecture, ...refusal, result: 'refused' };
  telemetry.event('error', 'runner-refused', fields, { RunnerSyncs: 1 });
  return { refused: refusal.reason };
}
