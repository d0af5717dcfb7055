/**
 * `npm start`: the whole platform on this machine, from the synthesized template, until Ctrl-C. It prints where to
 * send webhooks and AWS calls, and then every event as a line.
 */
import { createCommandLine, exitStatus, runScript, wholeNumber } from '../lib/cli/command-line.ts';
import { createEventLines } from '../lib/local/console/event-line.ts';
import { showProgress } from '../lib/local/console/progress.ts';
import { untilStopSignal } from '../lib/local/console/stop-signal.ts';
import { welcome } from '../lib/local/console/welcome.ts';

interface StartOptions {
  readonly webhookPort: number;
  readonly endpointPort: number;
  readonly githubPort: number;
  readonly withoutApp?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  /** Not a real option: whoever tries it gets the names of the three that exist. */
  readonly port?: string | true;
}

const port = wholeNumber({ least: 0, most: 65_535 });
const command = createCommandLine({
  name: 'npm start --',
  description:
    'Runs Mayfly on this machine: the real functions, with stand-ins for AWS, GitHub and the machines.',
})
  .option('--webhook-port <port>', "the webhook's port; 0: any free one", port, 0)
  .option('--endpoint-port <port>', 'the port for AWS calls; 0: any free one', port, 0)
  .option('--github-port <port>', 'the port of the GitHub stand-in; 0: any free one', port, 0)
  .option('--without-app', 'start without a GitHub App, as right after a first deploy: try mayfly setup')
  .option('--quiet', 'print no lines for events')
  .option('--verbose', "also print webhooks, what machines print, and GitHub's own steps")
  .addHelpText('after', exitStatus())
  .action(run);
command.addOption(command.createOption('--port [port]').hideHelp());
await runScript(command);

async function run({ port, withoutApp, quiet, verbose, ...ports }: StartOptions) {
  if (port !== undefined) {
    const all = '--webhook-port, --endpoint-port, --github-port';
    command.error(`error: unknown option '--port'\n(Did you mean one of ${all}?)`);
  }
  // Loaded here, so that --help is not slowed down by loading the platform.
  const { startLaptop } = await import('../lib/local/laptop.ts');
  process.stdout.write('\nMayfly on this machine\n\n');
  const progress = showProgress(process.stdout);
  const eventLines = createEventLines({ verbose: verbose ?? false });
  let isReady = false;
  const laptop = await startLaptop({
    ...ports,
    withoutApp: withoutApp ?? false,
    onEvent(event) {
      if (event.kind === 'progress' && !isReady) {
        if (event.text !== 'ready') progress.step(event.text);
        return;
      }
      if (!quiet) for (const line of eventLines(event)) process.stdout.write(`${line}\n`);
    },
  }).catch((error: unknown) => {
    progress.failed();
    throw error;
  });
  progress.done('ready');
  isReady = true;
  process.stdout.write(welcome(laptop, { withoutApp: withoutApp ?? false }));
  const signal = await untilStopSignal();
  process.stdout.write(`\n${signal}: stopping machines, functions and stand-ins …\n`);
  await laptop.close();
}
