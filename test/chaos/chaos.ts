/**
 * `npm run chaos`: the laptop platform under load while its functions are killed at random and AWS, GitHub and machines
 * fail; then the trouble ends, and everything must come to rest with every invariant true. Exits 1 where one is not.
 */
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import { renderChaosReport } from './report.ts';
import { runChaos } from './run-chaos.ts';

const help = `Runs the platform under load and trouble, and checks every invariant from outside.

  npm run chaos                    a minute of trouble, then at most four to come to rest
  npm run chaos -- --seconds 20    so many seconds of trouble, 5 to 600
               -- --json           one JSON object and nothing else
               -- --log FILE       all that the platform told, line by line
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    log: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(help);
else await run();

async function run(): Promise<void> {
  const report = await runChaos({
    seconds: secondsFrom(values.seconds),
    say: (line) => void (values.json || process.stdout.write(`${line}\n`)),
    onEvent: logTo(values.log),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `\n${renderChaosReport(report)}\n`);
  process.exitCode = report.invariantsBroken.length === 0 ? 0 : 1;
}

function secondsFrom(given: string): number {
  const seconds = Number(given);
  if (Number.isInteger(seconds) && seconds >= 5 && seconds <= 600) return seconds;
  throw new Error(`--seconds is ${JSON.stringify(given)}; it must be a whole number from 5 to 600.`);
}

function logTo(file: string | undefined): (event: LaptopEvent) => void {
  if (file === undefined) return () => undefined;
  const out = createWriteStream(file);
  return ({ at, kind, text, fields }) =>
    void out.write(`${new Date(at).toISOString()} ${kind} ${text} ${JSON.stringify(fields)}\n`);
}
