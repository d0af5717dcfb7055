/** The configuration that is deployed: the delivered one, with GitHub and its App in our stand-in. */
import type { MayflyConfig } from '../../../../lib/config/config.ts';
import { configWith, defaultConfig } from '../../../config/configurations.ts';

export const deployedConfig = (githubUrl: string, appId: string): MayflyConfig =>
  configWith({ githubApiUrl: githubUrl, ...('githubAppId' in defaultConfig ? { githubAppId: appId } : {}) });
