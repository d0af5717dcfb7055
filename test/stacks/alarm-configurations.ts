/** Configurations that together have every alarm: with the optional ones, and with as many tiers as there may be. */
import type { MayflyConfig } from '../../lib/config/config.ts';
import { configWith, thirtyTiers } from '../config/configurations.ts';

export const alarmConfigurations: readonly MayflyConfig[] = [
  configWith({ alarmEmail: 'ops@example.com', oldestJobMinutes: 90, webhookSilenceMinutes: 120 }),
  thirtyTiers,
];
