/**
 * The JWTs with which the App authenticates, signed with its key. Signing takes a millisecond of CPU time and a token is valid
 * for ten minutes, so each is reused for some minutes. They never leave this process, and are never logged.
 */
import type { App } from '@octokit/app';

export interface AppTokens {
  /** `isNew`: it was signed for this call. @throws Error if the key is not a private key */
  current(): Promise<{ readonly token: string; readonly isNew: boolean }>;
  /** GitHub rejected this one: the next `current` makes another. Does nothing if that has already happened. */
  drop(token: string): void;
}

interface Made {
  readonly token: string;
  readonly expiresAt: string;
}

/** A token must be valid for this much longer: a call may take ten seconds, and clocks differ. */
const leftMilliseconds = 5 * 60_000;

export function createAppTokens(app: App): AppTokens {
  let kept: Made | undefined;
  let underway: Promise<Made> | undefined;

  const make = async () => {
    try {
      kept = (await app.octokit.auth({ type: 'app' })) as Made;
      return kept;
    } finally {
      underway = undefined;
    }
  };

  return {
    async current() {
      if (kept && Date.parse(kept.expiresAt) - Date.now() > leftMilliseconds) {
        return { token: kept.token, isNew: false };
      }
      underway ??= make();
      return { token: (await underway).token, isNew: true };
    },
    drop(token) {
      if (kept?.token === token) kept = undefined;
    },
  };
}

/** Whether GitHub rejected a token because its clock and ours differ. Source: @octokit/auth-app, hook.ts */
export const isAboutTime = (error: unknown) =>
  /'(Expiration time|Issued at)' claim/.test(String((error as Error).message));
