/**
 * Installation tokens, each narrowed to what one kind of call needs, kept in memory until shortly before they expire.
 * Concurrent callers share one request. Tokens never leave this process, and are never logged.
 */
import type { InstallationId } from '../../core/ids.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AppClient } from './app-client.ts';

/**
 * The fewest rights that a call needs. `repository` is a name without its owner; absent: all of the installation's
 * repositories.
 */
export interface Grant {
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  readonly repository?: string;
}

export interface InstallationTokens {
  /** @throws what Octokit throws */
  get(installationId: InstallationId, grant: Grant): Promise<string>;
  /** GitHub rejected this one: the next `get` fetches another. Does nothing if that has already happened. */
  drop(installationId: InstallationId, grant: Grant, token: string): void;
}

interface Kept {
  readonly token: string;
  readonly expiresAt: number;
}

/** A call may take ten seconds, and clocks differ slightly. */
const marginMs = 60_000;
/** About half a megabyte of tokens; the least recently used one goes first. */
const tokensKept = 1000;

export function createInstallationTokens(client: AppClient, clock: Clock): InstallationTokens {
  const kept = new Map<string, Kept>();
  const underway = new Map<string, Promise<string>>();

  const keep = (key: string, token: Kept) => keepNewest(kept, { key, value: token, most: tokensKept });

  const fetchToken = async (installationId: InstallationId, grant: Grant) => {
    const answer = await client.asApp('POST /app/installations/{installation_id}/access_tokens', {
      installation_id: installationId,
      permissions: grant.permissions,
      ...(grant.repository === undefined ? {} : { repositories: [grant.repository] }),
    });
    const { token, expires_at: expiresAt } = answer as { token: string; expires_at: string };
    keep(keyOf(installationId, grant), { token, expiresAt: Date.parse(expiresAt) });
    return token;
  };

  return {
    async get(installationId, grant) {
      const key = keyOf(installationId, grant);
      const known = kept.get(key);
      if (known && known.expiresAt - marginMs > clock.now()) {
        keep(key, known);
        return known.token;
      }
      const fetching =
        underway.get(key) ?? fetchToken(installationId, grant).finally(() => underway.delete(key));
      underway.set(key, fetching);
      return fetching;
    },
    drop(installationId, grant, token) {
      const key = keyOf(installationId, grant);
      if (kept.get(key)?.token === token) kept.delete(key);
    },
  };
}

const keyOf = (installationId: InstallationId, grant: Grant) =>
  `${installationId} ${JSON.stringify(grant.permissions)} ${grant.repository ?? '*'}`;
