/**
 * The tokens by which the App says who it is, signed with its key. A signature takes a millisecond of a whole core, and a token
 * holds for ten minutes, so each is used for some minutes. Tokens never leave this process, and are never logged.
 */
import type { App } from '@octokit/app';

export interface AppTokens {
  /** `isNew`: made for this caller. @throws Error for a key that is none */
  current(): Promise<{ readonly token: string; readonly isNew: boolean }>;
  /** GitHub rejected this one: the next `current` makes another. Does nothing if that has already happened. */
  drop(token: string): void;
}

interface Made {
  readonly token: string;
  readonly expiresAt: string;
}

/** More than half of a token's time: a call may take ten seconds, and clocks differ. */
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

/** GitHub's words where its clock and ours differ. Source: @octokit/auth-app, hook.ts */
export const isAboutTime = (error: unknown) =>
  /'(Expiration time|Issued at)' claim/.test(String((error as Error).message));
