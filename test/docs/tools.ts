/**
 * Stand-ins for the commands that the documents use and a machine may lack, as programs in a folder to put on PATH: the AWS CLI,
 * always in place of the real one, and curl, where there is none. A command or option that the translation does not know
 * fails loudly.
 */
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Tools {
  /** Before PATH: takes the place of the real AWS CLI. */
  readonly translated: string;
  /** After PATH: used only where the real one is missing. */
  readonly missing: string;
  readonly folder: string;
}

export function makeTools(): Tools {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-readme-'));
  const translated = join(folder, 'translated');
  const missing = join(folder, 'missing');
  for (const path of [translated, missing]) mkdirSync(path);
  program(join(translated, 'aws'), join(root, 'test/docs/aws.ts'));
  program(join(missing, 'curl'), join(root, 'lib/local/ec2/curl.ts'));
  symlinkSync(process.execPath, join(missing, 'node'));
  return { translated, missing, folder };
}

function program(path: string, script: string) {
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
  chmodSync(path, 0o755);
}
