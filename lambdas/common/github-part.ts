/**
 * GitHub, for functions that call it. In a file of its own, so that functions that rarely call GitHub load it only
 * then.
 */
import { createGitHub } from '../../lib/adapters/github/github.ts';
import { createSmallFetch } from '../../lib/adapters/github/small-fetch.ts';
import { createStoredApp } from '../../lib/adapters/secrets-manager/stored-app.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { budgetedGitHub } from '../../lib/app/common/budgeted-github.ts';
import { readVariable, variables } from '../../lib/contract/environment.ts';
import type { Notes } from '../../lib/ports/notes.ts';
import type { Telemetry } from '../../lib/ports/telemetry.ts';
import { secretPart } from './parts.ts';

/**
 * A client that keeps to each installation's budget, which all copies share. The secret says which App it acts as.
 *
 * @param options.timeoutMs for each call. Absent: 10 s
 */
export function githubPart(options: { notes: Notes; telemetry: Telemetry; timeoutMs?: number }) {
  const { timeoutMs, ...shared } = options;
  const github = createGitHub({
    apiUrl: readVariable(variables.githubApiUrl),
    app: createStoredApp(secretPart(variables.appSecretArn)),
    clock: systemClock,
    fetch: createSmallFetch(),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return budgetedGitHub(github, { ...shared, clock: systemClock });
}
