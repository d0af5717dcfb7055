/**
 * `mayfly host logs`: the output of the supervisor or a runner; with --follow also new output. A job can print anything,
 * so control characters are never passed to the terminal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from '../../adapters/host-files/durable.ts';
import { followFile } from '../../adapters/host-files/follow-file.ts';
import type { CommandCall } from '../command.ts';
import { printableText } from '../printable.ts';
import { printableLines } from '../printable-lines.ts';
import { HostFault } from './host-fault.ts';
import { supervisorLog } from './host-start.ts';
import { openEngine } from './open-engine.ts';
import { type Host, hostCommand, openHost, readConfig, secondsOption } from './open-host.ts';

const lookMilliseconds = 500;
const usualLines = '200';

export const hostLogs = hostCommand(
  {
    name: 'host logs',
    summary: 'show the log of the supervisor or of a runner',
    details: `
Examples:
  mayfly host logs                           the supervisor's last lines
  mayfly host logs --follow                  and new ones, until Ctrl-C
  mayfly host logs mayfly-a1b2c3-0f9e8d7c    a runner's, even after it ended (the newest fifty are kept)

With --follow, a runner's log ends when the runner does. The output of steps is on GitHub, with the job. Treat a runner's
output as untrusted text.
`,
    positionals: ['[runner]'],
    options: [
      { flags: '--lines <number>', description: 'how many of the last lines to show', default: usualLines },
      { flags: '--follow', description: 'keep printing new lines' },
    ],
  },
  async (call) => {
    const host = openHost(call);
    const lines = secondsOption(call, 'lines') ?? Number(usualLines);
    const [runner] = call.positionals;
    if (runner !== undefined) await runnerLog(call, host, { runner, lines });
    else if (call.options['follow']) await followSupervisor(call, host, lines);
    else await supervisorLines(call, host, lines);
    return 0;
  },
);

async function supervisorLines({ io }: CommandCall, host: Host, lines: number): Promise<void> {
  const text =
    (await readText(supervisorLog(host.folder))) ??
    'The supervisor has not been started in the background yet.';
  io.out(printableText(text.trimEnd().split('\n').slice(-lines).join('\n')));
}

/** Continues when one supervisor ends and the next one starts. */
async function followSupervisor({ io }: CommandCall, host: Host, lines: number): Promise<void> {
  const { take } = printableLines(io.out);
  const again = async () => {
    await sleep(lookMilliseconds);
    return true;
  };
  await followFile(supervisorLog(host.folder), { lines, onText: take, again });
}

async function runnerLog(
  call: CommandCall,
  host: Host,
  { runner, lines }: { runner: string; lines: number },
): Promise<void> {
  const engine = await openEngine(call, await readConfig(host));
  const { take, end } = printableLines(call.io.out);
  const isThere = call.options['follow']
    ? await engine.follow(runner, lines, take)
    : takeAll(await engine.logs(runner, lines), take);
  if (!isThere) {
    const kept = await host.state.log(runner);
    if (kept === undefined)
      throw new HostFault(`There is no runner ${runner} here, and no log of it. See: npx mayfly host status`);
    take(kept);
  }
  end();
}

/** @returns whether there was any */
function takeAll(text: string, take: (text: string) => void): boolean {
  take(text);
  return text !== '';
}
