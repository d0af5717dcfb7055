/** What the safety of tokens and of signed callbacks rests on. No call leaves the process. */
export interface TokenSecrets {
  /** 48 hexadecimal digits that nobody can guess. */
  random(): string;
  /** A new secret for callbacks: `whsec_` and base64 of 32 bytes, as Standard Webhooks writes it. */
  signingSecret(): string;
  /** 16 small letters and digits, for an id: unique, and no secret. */
  id(): string;
  /** Hexadecimal SHA-256 of the whole token. */
  digest(token: string): string;
  /** Compares in a time that tells nothing of where they differ. */
  isSame(one: string, other: string): boolean;
}
