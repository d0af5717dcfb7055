/** What the secrets hold. Each has a current and, after a rotation, a previous value. */

/**
 * The webhook secret and the ticket secret are plain text, and both of their values are honoured. The App's is JSON of
 * this shape, of which the current value counts; `{}` until there is an App. `mayfly setup` writes it.
 */
export interface AppSecret {
  /** The App's numeric id, or its client id. */
  readonly appId: string;
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
  /** The rest is what GitHub shows once, when it creates the App; nothing here reads it. */
  readonly slug?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
}
