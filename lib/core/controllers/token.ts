/** How a controller, or a tenant's administrator, authenticates to the API. Only its digest is kept. */
import type { InstallationId } from '../ids.ts';

export interface StoredToken {
  readonly owner: InstallationId;
  /** The controller that it speaks for. Absent: it administers its owner's controllers. */
  readonly controllerId?: string;
  /** `tok_` and 16 letters and digits; part of the token's readable payload. */
  readonly id: string;
  /** Hexadecimal SHA-256 of the whole token. */
  readonly digest: string;
  readonly description: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601, to the minute at best. Absent: never used. */
  readonly lastUsedAt?: string;
  /** Epoch milliseconds from which on it is refused: it was rotated. Absent: it is valid until it is revoked. */
  readonly endsAt?: number;
}
