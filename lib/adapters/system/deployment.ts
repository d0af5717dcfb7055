/**
 * Reads the files that the stacks put beside a function's bundle: `deployment.json`, and for the reconciler
 * `configuration.json`. Synth has validated both, so they are not checked again.
 */
import { readFileSync } from 'node:fs';
import { configurationFile, type Deployment, deploymentFile } from '../../contract/deployment.ts';
import type { DeployedConfiguration } from '../../ports/deployment-audit.ts';

/**
 * @param module the `import.meta.url` of the function's handler; in a bundle, that of the bundle itself
 * @throws Error that names the file, if it is missing or not JSON
 */
export const readDeployment = (module: string) => readBeside(module, deploymentFile) as Deployment;

/** As given, for the record. */
export const readConfiguration = (module: string) =>
  readBeside(module, configurationFile) as DeployedConfiguration;

function readBeside(module: string, name: string): unknown {
  const file = new URL(name, module);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file.pathname} cannot be read; the function's bundle must hold it.`, { cause });
  }
}
