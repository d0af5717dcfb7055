/** A machine with its own GitHub and container engine, for the commands of a single host. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GitHubStandIn, startGitHub } from '../../lib/local/github/start-github.ts';
import { type EngineStandIn, startEngine } from '../support/container-engine/start-engine.ts';

const cli = fileURLToPath(new URL('../../bin/mayfly-cli.ts', import.meta.url));

export interface HostMachine {
  readonly github: GitHubStandIn;
  readonly engine: EngineStandIn;
  /** The working directory of the commands. */
  readonly folder: string;
  /** In one bash, as in a terminal; `npx mayfly` is this repository's. */
  paste(script: string): Promise<{ status: number; out: string; error: string }>;
  settings(): string;
  /** The running supervisor's process id. */
  supervisor(): number;
  stop(): Promise<void>;
}

export async function startHostMachine(): Promise<HostMachine> {
  const github = await startGitHub();
  const engine = startEngine();
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-single-'));
  const guard = endWithTest(folder, dirname(engine.programs));
  github.install({ login: 'acme', repositories: ['app', 'web'] });
  github.setGroup('acme', { name: 'builders', visibility: 'selected', repositories: ['app', 'web'] });
  const token = github.addPersonalToken({ login: 'acme', scopes: ['admin:org', 'repo'] });
  const gh = join(engine.programs, 'gh');
  writeFileSync(gh, `#!/bin/sh\n[ "$*" = "auth token --hostname github.com" ] && echo ${token}\n`);
  chmodSync(gh, 0o755);
  const environment = {
    ...process.env,
    PATH: [engine.programs, process.env['PATH']].join(delimiter),
    MAYFLY_TEST_HOST: folder,
    NO_COLOR: '1',
    MAYFLY_HOST_ROUND_MS: '1000',
    MAYFLY_RUNNER_RELEASES_URL: github.url,
  };
  const { NODE_OPTIONS: _jest, ...env } = environment as Record<string, string | undefined>;
  const npx = `npx() { shift; '${process.execPath}' --disable-warning=ExperimentalWarning '${cli}' "$@"; }`;
  // As the owner of a GitHub Enterprise Server would.
  const address = `sed -i 's|^# GITHUB_API_URL=.*|GITHUB_API_URL=${github.url}|' .mayfly-host/host.env `;
  const report = join(folder, '.mayfly-host', 'state', 'report.json');
  const machine: HostMachine = {
    github,
    engine,
    folder,
    paste: (script) =>
      new Promise((resolve) => {
        const lines = script.replaceAll(/^(npx mayfly host init[^#\n]*)(#.*)?$/gm, `$1 && ${address} $2`);
        execFile(
          'bash',
          ['-uo', 'pipefail', '-c', `${npx}\n${lines}`],
          { cwd: folder, env },
          (failure, out, error) => resolve({ status: failure ? Number(failure.code) : 0, out, error }),
        );
      }),
    settings: () => readFileSync(join(folder, '.mayfly-host', 'host.env'), 'utf8'),
    supervisor: () => (JSON.parse(readFileSync(report, 'utf8')) as { processId: number }).processId,
    async stop() {
      if (existsSync(report)) await machine.paste('npx mayfly host stop --now');
      await engine.stop();
      await github.stop();
      rmSync(folder, { recursive: true, force: true });
      guard.stdin?.end();
    },
  };
  return machine;
}

/**
 * Ends what is left in these folders when this process ends: supervisors and containers outlive the process that
 * started them.
 */
export function endWithTest(...folders: string[]): ChildProcess {
  const program = fileURLToPath(new URL('end-with-test.ts', import.meta.url));
  const stdio = ['pipe', 'ignore', 'ignore'] as const;
  const guard = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...folders], {
    detached: true,
    stdio: [...stdio],
    env: {},
  });
  guard.unref();
  (guard.stdin as { unref?: () => void } | null)?.unref?.();
  return guard;
}
