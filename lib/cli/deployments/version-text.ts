/** Describes deployed configurations: which settings differ, and whether the code does. */
import type { ConfigurationVersion } from '../../adapters/dynamodb/deployment-audit.ts';
import { type SettingDifference, settingDifferences } from '../../core/setting-differences.ts';
import { printableLine } from '../printable.ts';

export const differencesOf = (one: ConfigurationVersion, other: ConfigurationVersion): SettingDifference[] =>
  settingDifferences(one.configuration, other.configuration);

export const differenceText = (differences: readonly SettingDifference[]): string =>
  differences.length === 0
    ? '  no setting differs\n'
    : differences
        .map(({ path, before, after }) => `  ${path}: ${before ?? 'not set'} → ${after ?? 'not set'}`)
        .map((line) => `${printableLine(line)}\n`)
        .join('');

/** Undefined: it was deployed from the same code. */
export const codeHint = (deployed: ConfigurationVersion, other: ConfigurationVersion): string | undefined =>
  deployed.code === other.code
    ? undefined
    : `Version ${other.version} was deployed from other code (${other.code}, now ${deployed.code}). Only settings are rolled back. ` +
      `To restore the code too, check out the commit of that time: git log -1 --before=${atOf(other)}`;

const atOf = ({ row }: ConfigurationVersion) => row['at']?.S ?? '';

export interface VersionView {
  readonly version: number;
  readonly at: string;
  readonly code: string;
  readonly isDeployed: boolean;
  /** Its code differs from the deployed code. */
  readonly isOtherCode: boolean;
  readonly wouldChange: readonly SettingDifference[];
}

export const versionView = (version: ConfigurationVersion, deployed: ConfigurationVersion): VersionView => ({
  version: version.version,
  at: atOf(version),
  code: version.code,
  isDeployed: version.version === deployed.version,
  isOtherCode: version.code !== deployed.code,
  wouldChange: differencesOf(deployed, version),
});

export function listText(versions: readonly VersionView[]): string {
  if (versions.length === 0) return 'Nothing is recorded yet.\n';
  return versions
    .map(({ version, at, code, isDeployed, isOtherCode, wouldChange }) => {
      const what = isDeployed ? ', deployed' : isOtherCode ? ', other code than now' : '';
      const changes = isDeployed ? '' : differenceText(wouldChange);
      return `${printableLine(`${version}  ${at}  code ${code}${what}`)}\n${changes}`;
    })
    .join('');
}
