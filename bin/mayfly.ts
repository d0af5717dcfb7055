/** The CDK app that cdk.json starts. Errors in the configuration are printed without a stack trace. */
import { ConfigurationError } from '../lib/config/configuration-error.ts';
import { createApp } from '../lib/stacks/synthesize.ts';
import config from '../mayfly.config.ts';

try {
  createApp(config).synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
