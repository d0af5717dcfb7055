import type { SetupClaims, SetupPurpose } from '../core/setup-claims.ts';

/** Signs and verifies the setup page's tokens. Both throw OperationalError if the setup secret cannot be read. */
export interface SetupTokens {
  /** Characters of `[A-Za-z0-9._-]` alone. */
  sign(purpose: SetupPurpose, claims: SetupClaims): Promise<string>;
  /** Accepts only what was signed for this purpose. */
  read(
    purpose: SetupPurpose,
    token: string,
    now: number,
  ): Promise<SetupClaims | { readonly refused: 'malformed' | 'forged' | 'expired' }>;
}
