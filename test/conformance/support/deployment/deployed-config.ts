/** The configuration that is deployed: the delivered one, with GitHub in our stand-in. */
import type { MayflyConfig } from '../../../../lib/config/config.ts';
import { configWith } from '../../../config/configurations.ts';

export const deployedConfig = (githubUrl: string): MayflyConfig => configWith({ githubApiUrl: githubUrl });
