/**
 * `npm start`: the whole platform on this machine, from the synthesized template, until Ctrl-C. It prints where to
 * send webhooks and AWS calls, and what happens, line by line.
 */
import { parseArgs } from 'node:util';
import { eventLines } from '../lib/local/console/event-line.ts';
import { showProgress } from '../lib/local/console/progress.ts';
import { welcome } from '../lib/local/console/welcome.ts';
import { startLaptop } from '../lib/local/laptop.ts';

const help = `Runs Mayfly on this machine: AWS, GitHub and the machines are stand-ins, the functions are the real ones.

  npm start                         any free ports
  npm start -- --webhook-port 3000  where webhooks are taken (for a tunnel, say)
            -- --endpoint-port 4566 where AWS calls are taken
            -- --github-port 4567   where the GitHub stand-in answers
            -- --without-app        as right after a first deploy: try mayfly setup
            -- --quiet              no lines for what happens
            -- --help               this text
`;

const { values } = parseArgs({
  options: {
    'webhook-port': { type: 'string' },
    'endpoint-port': { type: 'string' },
    'github-port': { type: 'string' },
    'without-app': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
} else {
  await run();
}

async function run(): Promise<void> {
  process.stdout.write('\nMayfly on this machine\n\n');
  const progress = showProgress(process.stdout);
  let isReady = false;
  const laptop = await startLaptop({
    webhookPort: port('webhook-port'),
    endpointPort: port('endpoint-port'),
    githubPort: port('github-port'),
    withoutApp: values['without-app'],
    onEvent(event) {
      if (event.kind === 'progress' && !isReady) {
        if (event.text !== 'ready') progress.step(event.text);
        return;
      }
      if (!values.quiet) for (const line of eventLines(event)) process.stdout.write(`${line}\n`);
    },
  });
  progress.done('ready');
  isReady = true;
  process.stdout.write(welcome(laptop, { withoutApp: values['without-app'] }));
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name));
  });
  process.stdout.write(`\n${signal}: stopping machines, functions and stand-ins …\n`);
  await laptop.close();
}

function port(name: 'webhook-port' | 'endpoint-port' | 'github-port'): number {
  const given = values[name] ?? '0';
  const number = Number(given);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new Error(
    `--${name} is ${JSON.stringify(given)}; it must be a whole number from 0 (any free port) to 65535.`,
  );
}
