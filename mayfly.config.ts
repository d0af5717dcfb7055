/** The one file to edit before a deploy. It is checked as a whole at synth; docstrings are in lib/config/config.ts. */
import type { MayflyConfig } from './lib/config/config.ts';

const config: MayflyConfig = {
  environment: 'my-saas',
  region: 'us-east-1',

  githubHost: 'github.com',

  tiers: {
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
  },
  defaultTier: 'small',
  onboarding: 'open',

  limits: {
    bootSeconds: 600,
    idleSeconds: 300,
    jobSeconds: 6 * 3600,
    waitSeconds: 24 * 3600,
  },
};

export default config;
