/**
 * Puts a description of the deployment beside the reconciler's bundle: the operator's settings as written, and a digest
 * of the code. The reconciler records it once, so that `mayfly rollback` can bring it back. Only one function gets it,
 * because the others need no new deployment for settings that do not concern them.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckedConfig } from '../../config/check-config.ts';
import { configurationFile } from '../../contract/deployment.ts';
import type { FunctionName } from '../../contract/functions.ts';
import { bundleFile } from './bundle.ts';

export interface DeployedParts {
  readonly config: CheckedConfig;
  /** Each function's folder, by name. */
  readonly bundles: ReadonlyMap<string, string>;
  /** The machines' scripts. */
  readonly scripts: readonly string[];
}

const reader: FunctionName = 'reconciler';

export function writeConfiguration({ config, bundles, scripts }: DeployedParts): void {
  const hash = createHash('sha256');
  const files = [...bundles.values()].map((folder) => join(folder, bundleFile));
  for (const file of [...files, ...scripts]) hash.update(readFileSync(file));
  const deployed = {
    configuration: JSON.stringify(config.settings),
    code: hash.digest('hex').slice(0, 12),
  };
  writeFileSync(join(bundles.get(reader)!, configurationFile), JSON.stringify(deployed));
}
