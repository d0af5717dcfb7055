/**
 * Asks GitHub for an installation's present state. Events of a batch about one installation share an answer, so that ten of
 * them do not take ten calls, one after the other. Only while the tenant's row has the version that was read before GitHub was
 * asked: then the answer is at least as new as what it replaces.
 */
import type { Installation } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { GitHub } from '../../ports/github.ts';

interface AskDeps {
  readonly github: Pick<GitHub, 'getInstallation'>;
}

/** @param known the tenant's row, read just before. Resolves with undefined if GitHub knows no such installation */
export type InstallationNow = (known: Tenant | undefined) => Promise<Installation | undefined>;

export function shareInstallation(deps: AskDeps, installationId: InstallationId): InstallationNow {
  let shared: { readonly version: number | undefined; readonly installation: Installation } | undefined;
  return async (known) => {
    if (shared && shared.version === known?.version) return shared.installation;
    const installation = await askForInstallation(deps, installationId);
    // That GitHub does not know it may be wrong for a moment, so each event asks anew.
    shared = installation && { version: known?.version, installation };
    return installation;
  };
}

async function askForInstallation(
  { github }: AskDeps,
  installationId: InstallationId,
): Promise<Installation | undefined> {
  const answer = await github.getInstallation(installationId);
  if (answer.ok) return answer.value;
  if (answer.refusal.kind === 'not-found') return undefined;
  throw new OperationalError(
    `GitHub did not describe installation ${installationId}: ${JSON.stringify(answer.refusal)}`,
    {
      code: `GitHub-${answer.refusal.kind}`,
      retryable: true,
    },
  );
}
