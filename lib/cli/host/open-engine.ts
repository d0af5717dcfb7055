/** Finds the container engine of a single host, on the caller's PATH. */
import { accessSync, constants } from 'node:fs';
import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createCliEngine } from '../../adapters/container-engine/cli-engine.ts';
import type { HostConfig } from '../../host/config.ts';
import type { ContainerEngine } from '../../ports/container-engine.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { CommandCall } from '../command.ts';
import { HostFault } from './host-fault.ts';

/** The engine that the settings name, or the first that answers. */
export async function openEngine(
  call: CommandCall,
  config: Pick<HostConfig, 'engine'>,
): Promise<ContainerEngine> {
  const names = config.engine ? [config.engine] : ['docker', 'podman'];
  const faults: string[] = [];
  for (const name of names) {
    const program = findProgram(name, call);
    if (program === undefined) {
      faults.push(`${name} is not installed`);
      continue;
    }
    const engine = createCliEngine({ program, socketGroup: async (socket) => (await stat(socket)).gid });
    try {
      await engine.version();
      return engine;
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      faults.push(error.message);
    }
  }
  throw new HostFault(
    `No container engine answers: ${faults.join('; ')}. Install Docker or Podman, or start it.`,
  );
}

export function findProgram(name: string, { environment }: CommandCall): string | undefined {
  for (const folder of (environment['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return undefined;
}
