/**
 * The processor architecture of an EC2 instance type, read from its name. It never asks AWS.
 * Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */
import type { Architecture } from '../core/tier.ts';

const typePattern =
  /^(?<family>[a-z][a-z0-9-]*\d[a-z0-9-]*)\.(?:nano|micro|small|medium|(?:\d{1,3})?x?large|metal(?:-[a-z0-9]+)?)$/;

/** A `g` right after the generation (t4g, m7gd, c7gn, im4gn, is4gen) means Graviton; a1 was the first of them. */
const gravitonPattern = /^(?:a1|[a-z]+\d+g[a-z]*)$/;

/** @returns undefined if this is not the name of an instance type that can run Linux */
export function instanceArchitecture(instanceType: string): Architecture | undefined {
  const family = typePattern.exec(instanceType)?.groups?.['family'];
  if (family === undefined || family.startsWith('mac')) return undefined;
  return gravitonPattern.test(family) ? 'arm64' : 'x64';
}
