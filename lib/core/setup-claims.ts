/**
 * The signed claims that the setup page trusts: that an operator opened the page, in which browser, and which answer of
 * GitHub belongs to it. Each is valid for at most half an hour, and only for its own purpose.
 */

/**
 * link: opens the page; made by the operator's command. session: the browser that opened it. form: sent with that
 * browser's forms. state: comes back from GitHub.
 */
export type SetupPurpose = 'link' | 'session' | 'form' | 'state';

export interface SetupClaims {
  /** When the operator made the link, epoch milliseconds. Using it ends this link and all older ones. */
  readonly issuedAt: number;
  /** Who made it, for the log. */
  readonly by: string;
  /** Whether it may replace an App that is stored already. */
  readonly replaces: boolean;
  /** A random value for the browser that opened the link; empty in the link itself. */
  readonly browser: string;
  /** Epoch milliseconds, exclusive. */
  readonly expiresAt: number;
}

/** GitHub keeps its code for an hour; a page that needs longer than this has been abandoned. */
export const setupMilliseconds = 30 * 60_000;
