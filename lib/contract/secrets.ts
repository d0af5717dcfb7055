/** What the secrets hold. Each has a current and, after a rotation, a previous value; both are honoured. */

/** The webhook secret and the ticket secret are plain text. The App's is JSON of this shape. */
export interface AppSecret {
  /** The App's id, where `mayfly setup` knows it; absent: the configuration's. */
  readonly appId?: string;
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
}
