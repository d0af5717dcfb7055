/**
 * The settings of a job's container, in the engine's own format. What the engine would refuse, or take for an option, is
 * refused before any runner starts.
 * Source: https://docs.docker.com/engine/containers/resource_constraints/
 */
import type { HostConfig } from './config.ts';
import { type Fault, matching, optional } from './setting-readers.ts';

export function containerOf(
  value: (name: string) => string,
  fault: Fault,
): Pick<HostConfig, 'image' | 'limits' | 'network'> {
  const check = (name: string, pattern: RegExp, allowed: string) =>
    value(name) === '' ? '' : matching(name, value(name), { pattern, allowed, fault });
  const memory = check(
    'JOB_MEMORY',
    /^(?=.*[1-9])\d+(\.\d+)?[bkmgt]?$/i,
    'a number with b, k, m, g or t, such as 4g or 512m',
  );
  const cpus = check('JOB_CPUS', /^(?=.*[1-9])\d+(\.\d+)?$/, 'a number above 0, such as 2 or 1.5');
  return {
    image: check(
      'RUNNER_IMAGE',
      /^\w[\w./:@-]{0,254}$/,
      'the name of an image on this machine, such as mayfly-runner or mayfly-runner:2',
    ),
    limits: { ...optional('memory', memory), ...optional('cpus', cpus) },
    ...optional(
      'network',
      check('JOB_NETWORK', /^\w[\w./:=,-]{0,254}$/, 'the name of a network of the engine'),
    ),
  };
}
