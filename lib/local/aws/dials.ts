/**
 * Latency and faults on demand. Latency and error are looked up separately: of the dials that match a call, the most
 * specific one with a latency says how long it waits, and the most specific one with an error that is not used up says
 * how it fails. So a fault for one action keeps the general latency.
 */
import type { Dial } from './service.ts';

export interface DialledCall {
  readonly service: string;
  readonly action: string;
  readonly caller: string;
}

export interface Effect {
  readonly latencyMs: number;
  readonly error?: NonNullable<Dial['error']>;
  readonly when: 'before' | 'after';
}

/** As an error's code: closes the connection without an answer. */
export const connectionReset = 'ConnectionReset';

const none: Effect = { latencyMs: 0, when: 'before' };
/** More than this is a mistake by the sender. */
const mostDials = 200;

export class Dials {
  #dials: { dial: Dial; left: number }[] = [];
  readonly #fraction: () => number;

  constructor(fraction: () => number = Math.random) {
    this.#fraction = fraction;
  }

  /** Replaces all dials. */
  set(dials: readonly Dial[]): void {
    this.#dials = dials
      .map((dial) => ({ dial, left: dial.count ?? Number.POSITIVE_INFINITY }))
      .sort((one, other) => specificity(other.dial) - specificity(one.dial));
  }

  clear(): void {
    this.#dials = [];
  }

  /** With the remaining `count`. */
  list(): readonly Dial[] {
    return this.#dials.map(({ dial, left }) => (Number.isFinite(left) ? { ...dial, count: left } : dial));
  }

  /** What to do with this call. Uses up one of an error's count. */
  apply(call: DialledCall): Effect {
    if (this.#dials.length === 0) return none;
    const matching = this.#dials.filter(({ dial }) => matches(dial, call));
    const latencyMs = matching.find(({ dial }) => dial.latencyMs !== undefined)?.dial.latencyMs ?? 0;
    const failing = matching.find(({ dial, left }) => dial.error !== undefined && left > 0);
    if (!failing || this.#fraction() >= (failing.dial.probability ?? 1)) return { ...none, latencyMs };
    failing.left -= 1;
    return { latencyMs, error: failing.dial.error!, when: failing.dial.when ?? 'before' };
  }
}

function matches(dial: Dial, call: DialledCall): boolean {
  return (
    (dial.service === '*' || dial.service === call.service) &&
    (dial.action === '*' || dial.action === call.action) &&
    (dial.caller === undefined || dial.caller === call.caller)
  );
}

const specificity = ({ service, action, caller }: Dial) =>
  (caller === undefined ? 0 : 4) + (action === '*' ? 0 : 2) + (service === '*' ? 0 : 1);

/** Reads dials from JSON. @throws Error that names the field, what was given and what is allowed */
export function parseDials(value: unknown): Dial[] {
  if (!Array.isArray(value) || value.length > mostDials) {
    throw new Error(`Dials are a JSON array of at most ${mostDials} objects.`);
  }
  return value.map((entry, index) => {
    if (typeof entry !== 'object' || entry === null) throw new Error(`Dial ${index} is not an object.`);
    for (const [field, given] of Object.entries(entry)) {
      const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
      if (!rule)
        throw new Error(`Dial ${index} has ${field}; allowed values are ${Object.keys(rules).join(', ')}.`);
      if (!rule.fits(given)) {
        throw new Error(
          `In dial ${index}, ${field} is ${JSON.stringify(given)}; it must be ${rule.allowed}.`,
        );
      }
    }
    return { service: '*', action: '*', ...entry } as Dial;
  });
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isWithin = (least: number, most: number) => (value: unknown) =>
  typeof value === 'number' && value >= least && value <= most;

const rules: Readonly<Record<string, { fits: (value: unknown) => boolean; allowed: string }>> = {
  service: { fits: isText, allowed: 'a service such as dynamodb, or *' },
  action: { fits: isText, allowed: 'an action such as PutItem, or *' },
  caller: { fits: isText, allowed: 'the name of a principal' },
  latencyMs: { fits: isWithin(0, 600_000), allowed: 'milliseconds from 0 to 600000' },
  count: {
    fits: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    allowed: 'a whole number from 0',
  },
  probability: { fits: isWithin(0, 1), allowed: 'a number from 0 to 1' },
  when: { fits: (value) => value === 'before' || value === 'after', allowed: 'before or after' },
  error: {
    fits: (value) => isText((value as { code?: unknown } | null)?.code),
    allowed: 'an object with a code, and perhaps a message and a status',
  },
};
