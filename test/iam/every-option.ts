/** A configuration with every option in use that changes what a role may do, so that its templates hold every grant. */
import type { MayflyConfig } from '../../lib/config/config.ts';
import { configWith, defaultConfig } from '../config/configurations.ts';

const { small, ...others } = defaultConfig.tiers;

export const everyOption: MayflyConfig = configWith({
  tiers: { small: { ...small!, spot: true }, ...others },
});
