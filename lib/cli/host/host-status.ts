/**
 * `mayfly host status`: each runner as this host and as GitHub see it, its last activity, and what is wrong. Read-only.
 * Its exit status suits cron.
 */
import { OperationalError } from '../../ports/errors.ts';
import { type CommandCall, jsonOption } from '../command.ts';
import { type Picture, watch, watchOption } from '../watch.ts';
import { HostFault } from './host-fault.ts';
import { hostCommand, openHost, readConfig } from './open-host.ts';
import { readStatus } from './read-status.ts';
import { statusText } from './status-text.ts';

export const hostStatus = hostCommand(
  {
    name: 'host status',
    summary: "show the runners of this machine, and GitHub's view of them",
    details: `
Examples:
  mayfly host status            a line for each runner, then what is wrong
  mayfly host status --watch    again every five seconds
  mayfly host status --json     the same as JSON
`,
    exitOne: 'something is wrong; the lines under "Problems" say what',
    options: [watchOption, jsonOption],
  },
  (call) => {
    if (call.options['watch']) return watch({ io: call.io, draw: () => drawAnyway(call) });
    return watch({ io: call.io, draw: () => draw(call), again: async () => false, isTerminal: false });
  },
);

async function draw(call: CommandCall): Promise<Picture> {
  const host = openHost(call);
  const status = await readStatus(call, host, await readConfig(host));
  const text = call.options['json'] ? `${JSON.stringify(status)}\n` : statusText(status);
  return { text, status: status.problems.length > 0 ? 1 : 0 };
}

/** A watch continues while the engine restarts: the user wants to see the host come back. */
export async function drawAnyway(call: CommandCall): Promise<Picture> {
  try {
    return await draw(call);
  } catch (error) {
    if (!(error instanceof HostFault || error instanceof OperationalError)) throw error;
    return { text: `error: ${error.message}\n`, status: 1 };
  }
}
