/** What the parts of a simulated host share: time, randomness, faults, and the report of a broken invariant. */
import { OperationalError } from '../../../lib/ports/errors.ts';
import type { Random } from '../../sim/random.ts';
import type { Scheduler } from '../../sim/scheduler.ts';
import { withoutStack } from '../../support/without-stack.ts';

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

export interface Context {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  tell(line: string): void;
  violated(invariant: string, detail: string): void;
  /** Whether it answers nobody just now, or refuses everybody. */
  isOut(service: Outage['service']): boolean;
  /** When GitHub last refused the credential. */
  refusedAt: number;
}

export interface Outage {
  readonly service: 'engine' | 'github' | 'credential';
  readonly from: number;
  readonly until: number;
}

/** Some minutes in which GitHub does not answer, or refuses the owner's credential. */
export function chooseOutages(random: Random, { from, until }: { from: number; until: number }): Outage[] {
  return Array.from({ length: random.between(0, 3) }, () => {
    const begin = random.between(from, until);
    const length = random.between(5_000, 300_000);
    return { service: random.pick(['engine', 'github', 'credential']), from: begin, until: begin + length };
  });
}

/** Probabilities of what happens to a call. Each seed has its own. */
export interface Faults {
  /** Off in the last part of a log, in which everything must come to rest. */
  isOn: boolean;
  readonly failBefore: number;
  readonly failAfter: number;
  /** The caller gets a failure, but the request takes effect later. */
  readonly late: number;
  readonly slow: number;
  /** GitHub's lists are seconds old. */
  readonly stale: number;
  /** GitHub has more runners than a host reads. */
  readonly cut: number;
  readonly limited: number;
  /** A runner that is not registered continues to listen and does not end. */
  readonly ghost: number;
  /** GitHub drops an idle registration. */
  readonly dropped: number;
  /** A runner ends before it has listened. */
  readonly broken: number;
  /** A supervisor dies at one of its calls. */
  readonly death: number;
}

export function chooseFaults(random: Random): Faults {
  const often = (most: number) => (random.chance(0.4) ? 0 : random.fraction() * most);
  return {
    isOn: true,
    failBefore: often(0.05),
    failAfter: often(0.05),
    late: often(0.04),
    slow: often(0.05),
    stale: often(0.5),
    cut: often(0.9),
    limited: often(0.03),
    ghost: often(0.5),
    dropped: often(0.1),
    broken: often(0.15),
    death: often(1),
  };
}

export const strikes = ({ random, faults }: Context, fault: Exclude<keyof Faults, 'isOn'>) =>
  random.chance(faults.isOn ? faults[fault] : 0);

/** A request arrives within this time, even if its sender has died. The supervisor relies on a minute. */
export const latestMs = 45_000;

export const failure = (what: string) =>
  withoutStack(() => new OperationalError(`${what} failed`, { code: 'simulated', retryable: true }));
