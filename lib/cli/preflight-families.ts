/**
 * Which vCPU quota applies to an instance type: AWS counts families separately, for on-demand and for spot. A family
 * that is not listed here is reported as unchecked, and never compared with another family's quota.
 * Source:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html#ec2-on-demand-instances-limits
 */
import type { Market } from '../core/pools.ts';

export interface Quota {
  readonly serviceCode: 'ec2' | 'lambda' | 'vpc';
  readonly quotaCode: string;
  readonly name: string;
  readonly unit: 'vCPU' | 'executions' | 'VPCs' | 'addresses';
}

interface Family {
  readonly name: string;
  /** The letters before the generation's number: `m` of m7i.large. */
  readonly letters: readonly string[];
  readonly codes: Readonly<Partial<Record<Market, string>>>;
}

const families: readonly Family[] = [
  {
    name: 'standard',
    letters: ['a', 'c', 'd', 'h', 'i', 'im', 'is', 'm', 'r', 't', 'z'],
    codes: { 'on-demand': 'L-1216C47A', spot: 'L-34B43A08' },
  },
  { name: 'G and VT', letters: ['g', 'gr', 'vt'], codes: { 'on-demand': 'L-DB2E81BA', spot: 'L-3819A6DF' } },
  { name: 'P', letters: ['p'], codes: { 'on-demand': 'L-417A185B', spot: 'L-7212CCBC' } },
  { name: 'Inf', letters: ['inf'], codes: { 'on-demand': 'L-1945791B', spot: 'L-B5D1601B' } },
  { name: 'Trn', letters: ['trn'], codes: { 'on-demand': 'L-2C3B7624', spot: 'L-6B0D517C' } },
  { name: 'X', letters: ['x'], codes: { 'on-demand': 'L-7295265B', spot: 'L-E3A00192' } },
  { name: 'F', letters: ['f'], codes: { 'on-demand': 'L-74FC7D96', spot: 'L-88CF9481' } },
  { name: 'DL', letters: ['dl'], codes: { 'on-demand': 'L-6E869C2A', spot: 'L-85EED4F7' } },
  { name: 'HPC', letters: ['hpc'], codes: { 'on-demand': 'L-F7808C92' } },
  { name: 'high memory', letters: ['u'], codes: { 'on-demand': 'L-43DA4232' } },
];

/** Undefined if it is not known. */
export function vcpuQuota(instanceType: string, market: Market): Quota | undefined {
  // For spot, P5 has a quota separate from the other P types.
  if (market === 'spot' && /^p5[a-z]*\./.test(instanceType)) return undefined;
  const [, letters = ''] = /^([a-z]+)[\d-]/.exec(instanceType) ?? [];
  const family = families.find((one) => one.letters.includes(letters));
  const quotaCode = family?.codes[market];
  if (!family || quotaCode === undefined) return undefined;
  return { serviceCode: 'ec2', quotaCode, name: `EC2 ${market} ${family.name} instances`, unit: 'vCPU' };
}
