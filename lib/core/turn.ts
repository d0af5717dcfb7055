/** A tenant that waits under a cap over all tenants, while leases are given out, and who comes before whom. */
import type { InstallationId } from './ids.ts';
import type { Waiter } from './shared-cap.ts';
import { tenantTierKey } from './tenant-tier.ts';

/** A waiter while leases are given out: each lease advances `since`. */
export interface Turn extends Waiter {
  since: number;
  readonly step: number;
}

/** What each tenant holds under the cap, with what it was given. */
export type Holds = Map<InstallationId, number>;

export const heldBy = (holds: Holds, { installationId }: Waiter) => holds.get(installationId) ?? 0;

export function nextOf(line: readonly Turn[], holds: Holds): Turn {
  const first = line.reduce((turn, { since }) => (since < turn ? since : turn), Number.POSITIVE_INFINITY);
  return line.reduce((best, turn) => (comesBefore(turn, best, { holds, first }) ? turn : best));
}

/** @param round.first the `since` of the waiter whose turn it is */
export function comesBefore(
  one: Turn,
  other: Turn,
  { holds, first }: { holds: Holds; first: number },
): boolean {
  const hasTurn = (turn: Turn) => heldBy(holds, turn) === 0 && turn.since <= first;
  if (hasTurn(one) !== hasTurn(other)) return hasTurn(one);
  const burden = (turn: Turn) => (heldBy(holds, turn) + 1) / turn.weight;
  const [ofOne, ofOther] = [burden(one), burden(other)];
  return ofOne === ofOther ? isInFront(one, other) : ofOne < ofOther;
}

export const isInFront = (one: Turn, other: Turn) =>
  one.since < other.since || (one.since === other.since && tenantTierKey(one) < tenantTierKey(other));
