/** What the secrets hold. Each has a current value and, after a rotation, a previous one. */

/**
 * The webhook secret and the ticket secret are plain text, and both of their values are accepted. The App's secret is
 * JSON of this shape, of which only the current value is used; `{}` until there is an App. `mayfly setup` writes it.
 */
export interface AppSecret {
  /** The App's numeric id, or its client id. */
  readonly appId: string;
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
  /** GitHub shows the rest once, when it creates the App. Nothing here reads it. */
  readonly slug?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
}
