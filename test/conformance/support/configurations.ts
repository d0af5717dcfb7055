/** The configurations that every template is checked for: as delivered, other names, arm64 alone, and the most that is allowed. */
import type { MayflyConfig } from '../../../lib/config/config.ts';
import { configWith, defaultConfig, thirtyTiers, tierWith } from '../../config/configurations.ts';

export const configurations: Readonly<Record<string, MayflyConfig>> = {
  default: defaultConfig,
  custom: configWith({
    environment: 'custom',
    region: 'eu-west-1',
    defaultTier: 'tiny',
    tiers: {
      tiny: tierWith({ labels: ['self-hosted', 'linux', 'x64', 'tiny'] }),
      huge: tierWith({
        labels: ['self-hosted', 'linux', 'x64', 'huge'],
        instanceTypes: ['m7i.4xlarge', 'm7a.4xlarge'],
        maxRunners: 50,
        spot: true,
      }),
    },
  }),
  arm64: configWith({
    environment: 'arm',
    defaultTier: 'arm',
    tiers: {
      arm: tierWith({
        labels: ['self-hosted', 'linux', 'arm64', 'arm'],
        architecture: 'arm64',
        instanceTypes: ['t4g.medium', 'm7g.large'],
      }),
    },
  }),
  'thirty-tiers': thirtyTiers,
};
