/**
 * Why a request to manage controllers was not carried out, as data: the API turns it into a problem, a command into a
 * line. The kinds are those of a change of policy, and those that come before one.
 */
import type { FaultKind } from '../../core/controllers/policy-change.ts';

export interface ApiFault {
  readonly kind: FaultKind | 'unauthenticated' | 'forbidden' | 'late' | 'too-many';
  /** For programs: `no-such-token`. */
  readonly code: string;
  /** For people: what was given, what is allowed. */
  readonly text: string;
  /** The setting in question. */
  readonly field?: string;
  /** When it may be tried again. */
  readonly retryAfterSeconds?: number;
}

export interface Faulty {
  readonly kind: 'fault';
  readonly fault: ApiFault;
}

export const faulty = (
  kind: ApiFault['kind'],
  code: string,
  text: string,
  more: Pick<ApiFault, 'field' | 'retryAfterSeconds'> = {},
): Faulty => ({ kind: 'fault', fault: { kind, code, text, ...more } });

/** Someone else changed the same rows each time. */
export const inMotion = () =>
  faulty('conflict', 'in-motion', 'Another request is changing the same data. Try again.');

/** How often a change is planned again because someone else was faster. */
export const mostTries = 5;
