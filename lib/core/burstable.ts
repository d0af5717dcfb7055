/**
 * What AWS charges for the CPU of burstable types beyond the hourly price: in unlimited mode, for all use
 * above a machine's baseline. A machine that lives for one job earns no credits that it could use later, so
 * a busy one pays. Sources:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html (baselines),
 * https://aws.amazon.com/ec2/pricing/on-demand/ ("T2/T3/T4g Unlimited Mode Pricing", Linux)
 */
import type { Micros } from './micros.ts';

export type CpuCredits = 'standard' | 'unlimited';

export interface Burstable {
  readonly vcpus: number;
  /** Of each processor, in thousandths of it. */
  readonly baseline: number;
  /** For one processor, for an hour above the baseline. */
  readonly surplusPerVcpuHour: Micros;
  /** EC2's default, if the launch does not set it. */
  readonly usualCredits: CpuCredits;
}

type Size = readonly [vcpus: number, baseline: number];

const usualSizes: Readonly<Record<string, Size>> = {
  nano: [2, 50],
  micro: [2, 100],
  small: [2, 200],
  medium: [2, 200],
  large: [2, 300],
  xlarge: [4, 400],
  '2xlarge': [8, 400],
};
const t2Sizes: Readonly<Record<string, Size>> = {
  nano: [1, 50],
  micro: [1, 100],
  small: [1, 200],
  medium: [2, 200],
  large: [2, 300],
  xlarge: [4, 225],
  '2xlarge': [8, 170],
};

/** @returns undefined for types that are not burstable, and for unknown burstable ones */
export function burstable(instanceType: string): Burstable | undefined {
  const [family = '', size = ''] = instanceType.split('.');
  if (!['t2', 't3', 't3a', 't4g'].includes(family)) return undefined;
  const found = (family === 't2' ? t2Sizes : usualSizes)[size];
  if (!found) return undefined;
  const [vcpus, baseline] = found;
  return {
    vcpus,
    baseline,
    surplusPerVcpuHour: family === 't4g' ? 40_000 : 50_000,
    usualCredits: family === 't2' ? 'standard' : 'unlimited',
  };
}

/** By its name: all burstable families of EC2 begin like this. */
export const isBurstable = (instanceType: string): boolean => /^t\d/.test(instanceType);

/**
 * What surplus credits cost in an hour at this use of all processors (thousandths, 0 to 1000): 0 if the use is below the
 * baseline, or if the machine is slowed down instead of charged for.
 */
export function surplusPerHour(instanceType: string, busy: number, credits?: CpuCredits): Micros {
  const type = burstable(instanceType);
  if (!type || (credits ?? type.usualCredits) === 'standard') return 0;
  const above = Math.max(0, Math.min(busy, 1000) - type.baseline);
  return Math.round((type.vcpus * type.surplusPerVcpuHour * above) / 1000);
}
