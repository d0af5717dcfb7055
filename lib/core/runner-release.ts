/**
 * Releases of GitHub's runner program: which archive a kind of machine needs, and which checksum it must have. GitHub
 * gives the checksum twice, with the file and in the release's notes; if they differ, neither is trusted.
 */
import type { Architecture } from './tier.ts';

/** As GitHub lists it. Untrusted, except for the result of `chooseArchive`. */
export interface RunnerRelease {
  /** `2.337.0`. */
  readonly version: string;
  readonly notes: string;
  readonly files: readonly ReleasedFile[];
}

export interface ReleasedFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  /** `sha256:…`; absent from old releases. */
  readonly digest?: string;
}

/** The archive to store, with its verified checksum. */
export interface RunnerArchive {
  readonly version: string;
  readonly architecture: Architecture;
  readonly url: string;
  readonly bytes: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

export type ArchiveRefusal = 'no-archive' | 'no-checksum' | 'checksums-differ';

export type ArchiveChoice =
  | { readonly kind: 'chosen'; readonly archive: RunnerArchive }
  | { readonly kind: 'refused'; readonly reason: ArchiveRefusal };

export const archiveName = (version: string, architecture: Architecture) =>
  `actions-runner-linux-${architecture}-${version}.tar.gz`;

/** @param pinnedSha256 the checksum that the operator expects; it must equal GitHub's */
export function chooseArchive(
  release: RunnerRelease,
  architecture: Architecture,
  pinnedSha256?: string,
): ArchiveChoice {
  const { version } = release;
  const file = release.files.find(({ name }) => name === archiveName(version, architecture));
  if (!file) return { kind: 'refused', reason: 'no-archive' };
  const published = [checksumOfFile(file), checksumInNotes(release.notes, architecture)].filter(
    (checksum) => checksum !== undefined,
  );
  const [sha256, ...others] = pinnedSha256 === undefined ? published : [...published, pinnedSha256];
  if (sha256 === undefined || published.length === 0) return { kind: 'refused', reason: 'no-checksum' };
  if (others.some((other) => other !== sha256)) return { kind: 'refused', reason: 'checksums-differ' };
  const { url, bytes } = file;
  return { kind: 'chosen', archive: { version, architecture, url, bytes, sha256 } };
}

const checksumOfFile = ({ digest }: ReleasedFile) => /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1];

/** Source: the notes of any release of https://github.com/actions/runner */
function checksumInNotes(notes: string, architecture: Architecture): string | undefined {
  const mark = `linux-${architecture}`;
  return new RegExp(`<!-- BEGIN SHA ${mark} -->([0-9a-f]{64})<!-- END SHA ${mark} -->`).exec(notes)?.[1];
}
