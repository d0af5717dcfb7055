/**
 * How many virtual processors an instance type has, read from its name, to order tiers by size. It never asks AWS.
 * Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */

/** Burstable types have at least two processors at every size; only t2 has sizes with one. */
const small: Readonly<Record<string, number>> = {
  nano: 1,
  micro: 1,
  small: 1,
  medium: 1,
  large: 2,
  xlarge: 4,
};

/** @returns undefined if the name does not say: metal, and families with processor counts of their own */
export function virtualProcessors(instanceType: string): number | undefined {
  const [family = '', size = ''] = instanceType.split('.');
  if (/^(?:hpc|u-|mac)/.test(family)) return undefined;
  const times = /^(\d+)xlarge$/.exec(size)?.[1];
  if (times !== undefined) return 4 * Number(times);
  const known = small[size];
  if (known === undefined) return undefined;
  const isBurstable = /^t[3-9]/.test(family) || instanceType === 't2.medium';
  return isBurstable ? Math.max(2, known) : known;
}
