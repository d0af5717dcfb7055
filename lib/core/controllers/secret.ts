/** What signs the callbacks to a controller with an https transport. Kept whole, since signing needs it, and shown once. */
export interface SigningSecret {
  /** `sec_` and 16 letters and digits. */
  readonly id: string;
  /** As Standard Webhooks writes it: `whsec_` and base64 of 24 to 64 bytes. */
  readonly value: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Epoch milliseconds until which it signs beside a newer one. Absent: it is the newest. */
  readonly endsAt?: number;
}
