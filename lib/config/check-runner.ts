/**
 * The rules for GitHub's runner program: which release machines run. By default they follow the current release, because
 * GitHub refuses releases older than about 30 days; a pinned release stays until the operator changes it.
 */
import type { RunnerChoice } from '../contract/deployment.ts';
import { addressFaults } from './check-github.ts';
import type { MayflyConfig } from './config.ts';
import { expect, expectKnownKeys, expectText, isRecord, shown } from './faults.ts';

/** Where GitHub publishes releases of the runner, whichever host the App is on. */
export const publicApiUrl = 'https://api.github.com';

export function runnerFaults({ runnerVersion, runnerSha256, runnerReleasesUrl }: MayflyConfig): string[] {
  return [
    ...(runnerVersion === undefined
      ? []
      : expectText('runnerVersion', runnerVersion, {
          pattern: /^2\.(?:329|3[3-9]\d|[4-9]\d\d)\.\d{1,3}$/,
          allowed: 'a release of the runner that GitHub still serves, "2.329.0" or later, or left out',
        })),
    ...checksumFaults(runnerSha256, runnerVersion),
    ...addressFaults('runnerReleasesUrl', runnerReleasesUrl),
  ];
}

function checksumFaults(checksums: unknown, version: unknown): string[] {
  if (checksums === undefined) return [];
  if (!isRecord(checksums))
    return [
      `runnerSha256 is ${shown(checksums)}; it must be an object with a checksum for each architecture.`,
    ];
  const rule = { pattern: /^[0-9a-f]{64}$/, allowed: '64 lower-case hexadecimal digits' };
  const faults = [
    ...expectKnownKeys('runnerSha256', checksums, ['x64', 'arm64']),
    ...Object.entries(checksums).flatMap(([name, value]) => expectText(`runnerSha256.${name}`, value, rule)),
  ];
  if (faults.length > 0) return faults;
  return expect('runnerSha256', checksums, {
    fits: version !== undefined,
    allowed: 'left out unless runnerVersion is set: a checksum belongs to one release',
  });
}

export const checkedRunner = ({ runnerVersion, runnerSha256 = {} }: MayflyConfig): RunnerChoice => ({
  ...(runnerVersion === undefined ? {} : { version: runnerVersion }),
  sha256: runnerSha256,
});

export const checkedReleasesUrl = ({ runnerReleasesUrl = publicApiUrl }: MayflyConfig) =>
  runnerReleasesUrl.replace(/\/+$/, '');
