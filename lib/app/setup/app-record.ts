/**
 * What the audit records about the App and its secrets: ids, and a key's fingerprint, as on GitHub. No secret, and
 * nothing from which one could be guessed.
 */
import type { AppCredentials } from '../../ports/app-credentials.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import type { DeploymentChange } from '../../ports/deployment-audit.ts';
import { OperationalError } from '../../ports/errors.ts';

export interface RecordDeps {
  /** Writes to the audit in the caller's name. */
  readonly record: (change: Pick<DeploymentChange, 'action' | 'before' | 'after'>) => Promise<void>;
  /** The fingerprint of a private key; undefined: it is not one. */
  readonly fingerprint: (privateKey: string) => string | undefined;
}

type Facts = DeploymentChange['after'];

export const appFacts = ({ fingerprint }: RecordDeps, { appId, privateKey }: AppCredentials): Facts => ({
  app: appId,
  key: fingerprint(privateKey) ?? 'unreadable',
});

/** What is stored now. An unreadable secret is no obstacle: storing another App repairs it. */
export async function storedFacts(deps: RecordDeps & { readonly vault: AppVault }): Promise<Facts> {
  try {
    const app = await deps.vault.app();
    return app ? appFacts(deps, app) : {};
  } catch (error) {
    if (error instanceof OperationalError) return { app: 'unreadable' };
    throw error;
  }
}
