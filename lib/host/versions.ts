/**
 * The numbered versions of the settings. Each version in force is kept, without its secret, and marked once GitHub has
 * shown one of its runners online: a rollback goes back to such a version.
 */
import type { HostState, SettingsVersion } from '../ports/host-state.ts';
import { readSettings, writeSettings } from './env-file.ts';
import { secretSetting } from './setting-defaults.ts';

/** Saves the settings in force unless the newest version is the same. @returns its number */
export async function saveVersion(
  state: HostState,
  { text, why, now }: { text: string; why: string; now: number },
): Promise<number> {
  const versions = await state.versions();
  const kept = withoutSecret(text);
  const newest = versions.at(-1);
  if (newest?.text === kept) return newest.number;
  const number = (newest?.number ?? 0) + 1;
  await state.putVersion({ number, savedAt: now, why, text: kept, worked: false });
  return number;
}

export async function markWorked(state: HostState, number: number): Promise<void> {
  const version = (await state.versions()).find((one) => one.number === number);
  if (version && !version.worked) await state.putVersion({ ...version, worked: true });
}

/** The newest that worked and is not in force, or the one with this number. */
export function versionToRestore(
  versions: readonly SettingsVersion[],
  { text, number }: { text: string; number?: number },
): SettingsVersion | undefined {
  if (number !== undefined) return versions.find((version) => version.number === number);
  const now = withoutSecret(text);
  return versions.findLast((version) => version.worked && version.text !== now);
}

/** A version's settings with the current token: the token of that time may have been revoked. */
export function restored(version: SettingsVersion, current: string): string {
  const token = readSettings(current).settings[secretSetting];
  return token ? writeSettings(version.text, { [secretSetting]: token }) : version.text;
}

export function withoutSecret(text: string): string {
  const { settings } = readSettings(text);
  if (!(secretSetting in settings)) return text;
  // Emptied rather than commented out: a comment would still contain it.
  return writeSettings(text, { [secretSetting]: '' });
}
