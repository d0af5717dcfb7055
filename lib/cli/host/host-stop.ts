/**
 * `mayfly host stop`: lets running jobs finish, then removes every container and registration. If the supervisor has
 * died, this process does its work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from '../../host/supervisor.ts';
import { HostFault } from './host-fault.ts';
import { hostCommand, openHost, readConfig, secondsOption } from './open-host.ts';
import { superviseHere, wishFor } from './supervision.ts';

export const hostStop = hostCommand(
  {
    name: 'host stop',
    summary: 'let running jobs end, then remove every container and registration',
    details: `
Examples:
  mayfly host stop                 waits for running jobs, without a limit
  mayfly host stop --now           cancels them, and tells GitHub
  mayfly host stop --timeout 600   gives up waiting after ten minutes; stopping continues

Without --now, no running job is interrupted: it first asks GitHub to give the runner no more jobs.
`,
    exitOne: 'something is left, or jobs still run; the message says what',
    options: [
      { flags: '--now', description: 'cancel running jobs' },
      { flags: '--timeout <seconds>', description: 'how long to wait' },
    ],
  },
  async (call) => {
    const host = openHost(call);
    const config = await readConfig(host);
    const seconds = secondsOption(call, 'timeout');
    const end = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000;
    const hasTime = () => Date.now() < end;
    await wishFor(host, call.options['now'] ? 'end' : 'drain');
    let shown = '';
    for (;;) {
      const ended = await superviseHere(call, host, { config, log: call.io.out, hasTime });
      if (ended && hasTime()) return finish(ended, call.io.out);
      const names = (await host.state.runners()).map(({ name }) => name).join(', ');
      if (!hasTime())
        throw new HostFault(`Not ended yet: ${names}. Stopping continues; run it again to wait.`);
      if (names !== '' && names !== shown) call.io.out(`waiting for: ${names}\n`);
      shown = names;
      await sleep(500);
    }
  },
);

function finish({ left }: Ended, out: (text: string) => void): number {
  if (left.length > 0) {
    throw new HostFault(
      `Stopped, but GitHub refused to remove these registrations: ${left.join(', ')}. GitHub removes them within a day; or remove them by hand under Settings, Actions, Runners.`,
    );
  }
  out('Stopped. No container and no registration is left.\n');
  return 0;
}
