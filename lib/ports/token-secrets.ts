/** The cryptography behind tokens and signed callbacks. It makes no outside call. */
export interface TokenSecrets {
  /** 48 random hexadecimal digits. */
  random(): string;
  /** A new secret for callbacks: `whsec_` and base64 of 32 bytes, as Standard Webhooks writes it. */
  signingSecret(): string;
  /** 16 small letters and digits, for an id: unique, and no secret. */
  id(): string;
  /** Hexadecimal SHA-256 of the whole token. */
  digest(token: string): string;
  /** Compares in constant time. */
  isSame(one: string, other: string): boolean;
}
