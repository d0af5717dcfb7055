/**
 * Reads `deployment.json`, which the stacks put beside each function's bundle. It was checked whole at synth,
 * so it is taken as it is.
 */
import { readFileSync } from 'node:fs';
import { type Deployment, deploymentFile } from '../../contract/deployment.ts';

/**
 * @param module the `import.meta.url` of the function's handler; in a bundle that is the bundle itself
 * @throws Error that names the file, where it is missing or not JSON
 */
export function readDeployment(module: string): Deployment {
  const file = new URL(deploymentFile, module);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Deployment;
  } catch (cause) {
    throw new Error(`${file.pathname} cannot be read; the function's bundle must hold it.`, { cause });
  }
}
