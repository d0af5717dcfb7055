/** An App that is stored is replaced only where the operator says so: its installations stop working here by it. */
import type { AppSecret } from '../../contract/secrets.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import { OperationalError } from '../../ports/errors.ts';
import { UsageError } from '../command.ts';

/** @throws UsageError where an App is stored. @param again the command that replaces it */
export function refuseReplacing(stored: AppSecret | undefined, again: string): void {
  if (!stored) return;
  const { slug, appId } = stored;
  throw new UsageError(
    `This deployment has the App ${slug === undefined ? appId : `${slug} (id ${appId})`} already; its installations ` +
      `would stop working here. To replace it: ${again}`,
  );
}

/** What is stored but cannot be read is none, for to store another is how it is mended. */
export async function readableApp(vault: AppVault): Promise<AppSecret | undefined> {
  try {
    return await vault.app();
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'AppSecretMalformed') return undefined;
    throw error;
  }
}
