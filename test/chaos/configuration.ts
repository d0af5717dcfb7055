/**
 * The platform as chaos runs it: the configuration that users start from, with deadlines short enough to pass within
 * the run, and machines on the spot market so that they can be taken back.
 */
import type { MayflyConfig } from '../../lib/config/config.ts';
import type { DialChange } from '../../lib/local/github/dials.ts';
import config from '../../mayfly.config.ts';

const { small, medium, large } = config.tiers;

export const chaosConfig: MayflyConfig = {
  ...config,
  tiers: { small: { ...small!, spot: true }, medium: medium!, large: large! },
  limits: { ...config.limits, bootSeconds: 25, idleSeconds: 15, jobSeconds: 60 },
};

/**
 * How soon GitHub gives up runners that fell silent; minutes in the field. Longer than a job of a second and a half takes on a
 * slow machine: GitHub would fail it, and no job may fail but with its spot machine.
 */
export const githubPatience: DialChange = { idleRegistrationSeconds: 20, lostRunnerSeconds: 20 };

/** Together as many machines as a laptop boots side by side. */
export const tenants = [
  { login: 'acme', user: false, limit: 4 },
  { login: 'globex', user: false, limit: 3 },
  { login: 'initech', user: false, limit: 2 },
  { login: 'octavia', user: true, limit: 2 },
] as const;
