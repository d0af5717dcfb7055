/** `mayfly host logs`: what the supervisor or a runner printed. A job can print anything: none of it reaches the terminal raw. */
import { readText } from '../../adapters/host-files/durable.ts';
import { printableText } from '../printable.ts';
import { supervisorLog } from './host-start.ts';
import { HostFault, hostCommand, openEngine, openHost, readConfig, secondsOption } from './open-host.ts';

export const hostLogs = hostCommand(
  {
    name: 'host logs',
    summary: 'show what the supervisor, or a runner, printed',
    details: `
Examples:
  mayfly host logs                           the supervisor's last lines
  mayfly host logs mayfly-a1b2c3-0f9e8d7c    a runner's, also after its end (the newest fifty are kept)

What steps print is on GitHub, with the job. Treat what a runner printed as untrusted text.
`,
    positionals: ['[runner]'],
    options: [{ flags: '--lines <number>', description: 'how many lines, from the end', default: '200' }],
  },
  async (call) => {
    const host = openHost(call);
    const lines = secondsOption(call, 'lines') ?? 200;
    const [runner] = call.positionals;
    if (runner === undefined) {
      const text =
        (await readText(supervisorLog(host.folder))) ??
        'The supervisor has not been started in the background yet.';
      call.io.out(printableText(text.trimEnd().split('\n').slice(-lines).join('\n')));
      return 0;
    }
    const engine = await openEngine(call, await readConfig(host));
    const text = (await engine.logs(runner, lines)) || (await host.state.log(runner));
    if (text === undefined)
      throw new HostFault(`There is no runner ${runner} here, and no log of it. See: npx mayfly host status`);
    call.io.out(printableText(text));
    return 0;
  },
);
