/** The commands of a page, run against a world: those of `npx mayfly` in this process, all others by bash. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runCommand } from '../../../lib/cli/run-command.ts';
import config from '../../../mayfly.config.ts';
import { commands } from '../../cli/commands.ts';
import { recordingIo } from '../../cli/support.ts';
import type { World } from './world.ts';

export interface Ran {
  readonly line: string;
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

/** A line each, comments apart. */
export const linesOf = (block: string): string[] =>
  block
    .split('\n')
    .map((line) => line.replace(/ +# .*$/, '').trim())
    .filter((line) => line !== '');

/** One after the other; `until … done` until its command succeeds. */
export async function runLines(world: World, lines: readonly string[]): Promise<Ran[]> {
  const ran: Ran[] = [];
  for (const line of lines) {
    const [, waited] = /^until (.*); do sleep \d+; done$/.exec(line) ?? [];
    let now = await runLine(world, waited ?? line);
    while (waited !== undefined && now.status !== 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = await runLine(world, waited);
    }
    ran.push(now);
  }
  return ran;
}

async function runLine(world: World, line: string): Promise<Ran> {
  const { endpointUrl, operatorCredentials: keys, github } = world.laptop;
  const environment = {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  };
  const [, typed] = /^npx mayfly (.*)$/.exec(line) ?? [];
  if (typed === undefined) {
    const env = { ...process.env, ...environment, GITHUB_URL: github.url };
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', line], { env });
    return { line, status: 0, out: stdout, error: '' };
  }
  const { io, printed } = recordingIo();
  const args = [...typed.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  const status = await runCommand(commands, args, { config, io, environment });
  return { line, status, ...printed() };
}

/** The ids of the jobs that `curl` queued. */
export const queuedJobs = (ran: readonly Ran[]): number[] =>
  ran.flatMap(({ out }) => {
    const [, id] = /"jobId":\s*(\d+)/.exec(out) ?? [];
    return id === undefined ? [] : [Number(id)];
  });
