/**
 * What a test or a person may change about the EC2 stand-in while it runs. A body sets the dials that it names and leaves
 * the others as they are; an unknown dial or an invalid value is refused and changes nothing.
 */
import type { Lifecycle } from './account.ts';

export interface Ec2Dials {
  /**
   * Pools of limited capacity. A pool is `spot:t3.medium:us-east-1a`, or without its end `spot:t3.medium`, or only a
   * type, `t3.medium`, or `*`; every pool that fits a machine must have room. `available` more machines start there;
   * ended machines give nothing back.
   */
  readonly capacity: readonly { readonly pool: string; available: number; readonly code?: string }[];
  /** The account's vCPUs that may run at once; null: no limit. */
  readonly quotas: Readonly<Record<Lifecycle, number | null>>;
  /**
   * The next `count` machines (null: all), each with this probability, reach `running` and never run their
   * user data.
   */
  readonly neverBoot: { readonly probability: number; count: number | null };
  /** From pending to running. */
  readonly bootMilliseconds: number;
  /** From shutting-down to terminated, and from stopping to stopped. */
  readonly shutdownMilliseconds: number;
  /** How long a new machine is unknown to Describe calls and TerminateInstances. */
  readonly lagMilliseconds: number;
  /**
   * How long an ended machine is still described as running: "a command you run to modify or describe a resource might not
   * immediately reflect the resource's state".
   * Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
   */
  readonly endLagMilliseconds: number;
  /** How long a terminated machine can still be described. */
  readonly terminatedVisibleMilliseconds: number;
  /** How long a new machine waits for permission to run its job's first step; a slow host answers later than AWS. */
  readonly gateSeconds: number;
}

export const defaultDials: Ec2Dials = {
  capacity: [],
  quotas: { spot: null, 'on-demand': null },
  neverBoot: { probability: 0, count: null },
  bootMilliseconds: 50,
  shutdownMilliseconds: 50,
  lagMilliseconds: 0,
  endLagMilliseconds: 0,
  terminatedVisibleMilliseconds: 3_600_000,
  gateSeconds: 15,
};

/** @throws Error that says which dial was wrong, and what is allowed */
export function turnDials(dials: Ec2Dials, change: unknown): Ec2Dials {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) {
    throw new Error(`The dials are ${JSON.stringify(change)}; they must be a JSON object.`);
  }
  for (const [name, value] of Object.entries(change)) {
    const check = checks[name as keyof Ec2Dials];
    if (!check) {
      throw new Error(`There is no dial ${name}; there are ${Object.keys(checks).join(', ')}.`);
    }
    if (!check.fits(value)) {
      throw new Error(`The dial ${name} is ${JSON.stringify(value)}; it must be ${check.allowed}.`);
    }
  }
  return structuredClone({ ...dials, ...change });
}

interface Check {
  readonly fits: (value: unknown) => boolean;
  readonly allowed: string;
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isCountOrNull = (value: unknown) => value === null || isCount(value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const milliseconds: Check = { fits: isCount, allowed: 'a whole number of milliseconds, 0 or more' };

const checks: Record<keyof Ec2Dials, Check> = {
  capacity: {
    fits: (value) =>
      Array.isArray(value) &&
      value.every(
        (entry) => isRecord(entry) && typeof entry['pool'] === 'string' && isCount(entry['available']),
      ),
    allowed: 'a list like [{"pool": "spot:t3.medium:us-east-1a", "available": 0}]',
  },
  quotas: {
    fits: (value) => isRecord(value) && isCountOrNull(value['spot']) && isCountOrNull(value['on-demand']),
    allowed: 'an object like {"spot": 32, "on-demand": null}, in vCPUs',
  },
  neverBoot: {
    fits: (value) =>
      isRecord(value) &&
      typeof value['probability'] === 'number' &&
      value['probability'] >= 0 &&
      value['probability'] <= 1 &&
      isCountOrNull(value['count']),
    allowed: 'an object like {"probability": 1, "count": 2}, with null for a count without end',
  },
  bootMilliseconds: milliseconds,
  shutdownMilliseconds: milliseconds,
  lagMilliseconds: milliseconds,
  endLagMilliseconds: milliseconds,
  terminatedVisibleMilliseconds: milliseconds,
  gateSeconds: { fits: isCount, allowed: 'a whole number of seconds, 0 or more' },
};
