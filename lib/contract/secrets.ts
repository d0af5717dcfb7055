/** What the secrets hold. Each has a current and, after a rotation, a previous value; both are honoured. */

/** The webhook secret and the ticket secret are plain text. The App's is JSON of this shape. */
export interface AppSecret {
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
}
