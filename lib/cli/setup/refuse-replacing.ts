/** A stored App is replaced only if the operator asks for it, because its existing installations stop working. */
import type { AppSecret } from '../../contract/secrets.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import { OperationalError } from '../../ports/errors.ts';
import { UsageError } from '../command.ts';

/** @throws UsageError if an App is stored. @param again the command that replaces it */
export function refuseReplacing(stored: AppSecret | undefined, again: string): void {
  if (!stored) return;
  const { slug, appId } = stored;
  throw new UsageError(
    `This deployment already has the App ${slug === undefined ? appId : `${slug} (id ${appId})`}. Replacing it makes its ` +
      `existing installations stop working. To replace it: ${again}`,
  );
}

/** A stored App that cannot be read counts as none: storing a new one repairs it. */
export async function readableApp(vault: AppVault): Promise<AppSecret | undefined> {
  try {
    return await vault.app();
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'AppSecretMalformed') return undefined;
    throw error;
  }
}
