/**
 * The defaults of `new Mayfly(…)`: three sizes of runner, and GitHub's own limits as deadlines. The configuration file of
 * this repository states all of them itself.
 */
import type { Limits } from '../contract/deployment.ts';
import type { TierConfig } from './config.ts';

export const defaultTiers = {
  small: {
    labels: ['self-hosted', 'linux', 'x64', 'small'],
    architecture: 'x64',
    instanceTypes: ['t3.medium'],
    maxRunners: 2,
  },
  medium: {
    labels: ['self-hosted', 'linux', 'x64', 'medium'],
    architecture: 'x64',
    instanceTypes: ['t3.large', 'm5.large'],
    maxRunners: 5,
  },
  large: {
    labels: ['self-hosted', 'linux', 'x64', 'large'],
    architecture: 'x64',
    instanceTypes: ['t3.xlarge', 'm5.xlarge'],
    maxRunners: 10,
  },
} as const satisfies Readonly<Record<string, TierConfig>>;

export const defaultLimits: Limits = {
  bootSeconds: 600,
  idleSeconds: 300,
  jobSeconds: 6 * 3600,
  waitSeconds: 24 * 3600,
};
