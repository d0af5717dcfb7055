/** The stand-in of a container engine in a folder of its own, with a program to put on PATH and dials to change. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCliEngine } from '../../../lib/adapters/container-engine/cli-engine.ts';
import type { ContainerEngine } from '../../../lib/ports/container-engine.ts';

export interface EngineStandIn {
  /** To put first on PATH: contains a `docker` that is the stand-in. */
  readonly programs: string;
  readonly engine: ContainerEngine;
  /** Names of containers that were created and not removed. */
  containers(): string[];
  /** A file of a container: `log`, `arguments.json`, `disk/…`. */
  read(container: string, file: string): string;
  write(container: string, file: string, text: string): void;
  turn(dial: 'down' | 'cannot-start', on: boolean): void;
  /** Kills everything that still runs. */
  stop(): Promise<void>;
}

export function startEngine(): EngineStandIn {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-engine-'));
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  mkdirSync(join(folder, 'dials'));
  const script = fileURLToPath(new URL('engine.ts', import.meta.url));
  const program = join(programs, 'docker');
  const line = `ENGINE_STATE='${folder}' exec '${process.execPath}' --disable-warning=ExperimentalWarning '${script}' "$@"`;
  writeFileSync(program, `#!/bin/sh\n${line}\n`);
  chmodSync(program, 0o755);
  const engine = createCliEngine({ program });
  const of = (container: string, file: string) => join(folder, 'containers', container, file);
  const containers = () => {
    mkdirSync(join(folder, 'containers'), { recursive: true });
    return readdirSync(join(folder, 'containers'));
  };
  return {
    programs,
    engine,
    containers,
    read: (container, file) => readFileSync(of(container, file), 'utf8'),
    write: (container, file, text) => writeFileSync(of(container, file), text),
    turn: (dial, on) => {
      const path = join(folder, 'dials', dial);
      if (on) writeFileSync(path, '');
      else rmSync(path, { force: true });
    },
    async stop() {
      rmSync(join(folder, 'dials'), { recursive: true });
      for (const name of containers()) {
        await engine.stop(name, 0);
        await engine.remove(name);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
