import type { InstallationId, InstanceId, LaunchId, TierName } from '../core/ids.ts';

/**
 * The content of a launch ticket: valid for the machines of this launch, until it expires. Alone it grants nothing.
 */
export interface Ticket {
  readonly launchId: LaunchId;
  readonly installationId: InstallationId;
  readonly tier: TierName;
  /** Epoch milliseconds, exclusive. */
  readonly expiresAt: number;
}

/** Makes and reads launch tickets. Both throw OperationalError if the ticket secret cannot be read. */
export interface Tickets {
  /** Fewer than 256 characters of `[A-Za-z0-9._-]`, so that it fits the value of an EC2 tag. */
  issue(ticket: Ticket): Promise<string>;
  /** Accepts what was signed with the current or the previous secret. */
  read(
    ticket: string,
    now: number,
  ): Promise<Ticket | { readonly refused: 'malformed' | 'forged' | 'expired' }>;
}

/** A machine's identity, signed by AWS. */
export interface Identity {
  readonly instanceId: InstanceId;
  readonly accountId: string;
  readonly region: string;
  /** When the machine was launched or last started, epoch milliseconds. */
  readonly pendingTime: number;
  readonly instanceType?: string;
  readonly zone?: string;
}

/** `unverified`: none of the known certificates has signed it. It is forged, or AWS has changed the region's certificate. */
export type IdentityRefusal = 'malformed' | 'unverified' | 'other-account' | 'other-region' | 'expired';

/** Checks instance identity documents, offline. */
export interface IdentityVerifier {
  /**
   * @param document base64 of the document's exact bytes
   * @param signature base64, as the metadata service gives it at `instance-identity/signature`
   */
  verify(document: string, signature: string): Promise<Identity | { readonly refused: IdentityRefusal }>;
}
