/** Configurations for tests: this repository's, and variations of it. */
import type { MayflyConfig, TierConfig } from '../../lib/config/config.ts';
import config from '../../mayfly.config.ts';

export const defaultConfig: MayflyConfig = config;

/** The default one with some settings replaced by values of any type, as an operator could write them. */
export const configWith = (changes: Record<string, unknown>): MayflyConfig =>
  ({ ...config, ...changes }) as unknown as MayflyConfig;

export const tierWith = (changes: Record<string, unknown> = {}): TierConfig =>
  ({ ...config.tiers['small'], ...changes }) as unknown as TierConfig;

/** The maximum: thirty tiers, alternately x64 and arm64. */
export const thirtyTiers: MayflyConfig = configWith({
  defaultTier: 'tier-01',
  tiers: Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => {
      const name = `tier-${String(index + 1).padStart(2, '0')}`;
      const arm = index % 2 === 1;
      return [
        name,
        tierWith({
          labels: ['self-hosted', 'linux', arm ? 'arm64' : 'x64', name],
          architecture: arm ? 'arm64' : 'x64',
          instanceTypes: arm ? ['t4g.large', 'm7g.large'] : ['t3.large', 'm7i.large'],
          spot: true,
        }),
      ];
    }),
  ),
});
