/**
 * The only folder in a machine's PATH: links to an explicit list of ordinary tools, and stand-ins for those that would
 * change the host (power, users, firewall, services). A boot script that finds its commands through PATH can reach
 * nothing else.
 */
import { accessSync, constants, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { standInTools, toolsThatDoNothing } from './stand-in-tools.ts';

const needed =
  'bash base64 cat chmod cp cut date dirname env grep head id ls mkdir mkfifo mktemp mv od pgrep printf rm sed ' +
  'seq sha256sum sleep sort tail tar tee timeout touch tr true uname wc';
/** Used if the host has them: `sh` and `kill` are bash's own there, or not needed. */
const welcome = 'sh kill gzip hostname awk xargs find stat sync basename realpath';

/** @throws Error that names the tools that this host lacks */
export function createToolbox(
  folder: string,
  search = process.env['PATH'] ?? '',
): { readonly path: string; readonly bash: string } {
  mkdirSync(folder, { recursive: true });
  const tools = new Map(
    [...needed.split(' '), ...welcome.split(' '), 'curl'].map((tool) => [tool, find(tool, search)]),
  );
  const missing = needed.split(' ').filter((tool) => tools.get(tool) === undefined);
  if (missing.length > 0) {
    throw new Error(
      `Machines need the tools ${missing.join(', ')}, which PATH (${search}) does not have; ` +
        'install coreutils and procps.',
    );
  }
  const bash = tools.get('bash') as string;
  for (const [tool, file] of tools) if (file !== undefined) symlinkSync(file, join(folder, tool));
  const scripts = tools.get('curl') === undefined ? { ...standInTools, curl: nodeCurl() } : standInTools;
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!${bash}\n${script}\n`, { mode: 0o755 });
  }
  // No link to it: where one program is many tools, its name says which.
  for (const name of toolsThatDoNothing)
    writeFileSync(join(folder, name), `#!${tools.get('true')}\n`, { mode: 0o755 });
  return { path: folder, bash };
}

const nodeCurl = () =>
  `exec ${quote(process.execPath)} ${quote(fileURLToPath(new URL('curl.ts', import.meta.url)))} "$@"`;
const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

function find(tool: string, search: string): string | undefined {
  return search
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, tool))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
