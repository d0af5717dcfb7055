/**
 * `npm run chaos`: the laptop platform under load while its functions are killed at random and AWS, GitHub and machines
 * fail; then the trouble ends, and everything must come to rest with every invariant true.
 */
import { createWriteStream } from 'node:fs';
import { createCommandLine, exitStatus, runScript, wholeNumber } from '../../lib/cli/command-line.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';

interface ChaosOptions {
  readonly seconds: number;
  readonly json?: true;
  readonly log?: string;
}

await runScript(
  createCommandLine({
    name: 'npm run chaos --',
    description:
      'Runs the platform under load and faults, lets it come to rest (at most four minutes), and checks every invariant.',
  })
    .option(
      '--seconds <count>',
      'how long the faults last, 1 to 600',
      wholeNumber({ least: 1, most: 600 }),
      60,
    )
    .option('--json', 'print one JSON object and nothing else')
    .option('--log <file>', 'write every event of the platform to this file')
    .addHelpText('after', exitStatus('an invariant broke'))
    .action(run),
);

async function run({ seconds, json, log }: ChaosOptions): Promise<void> {
  // Loaded here, so that help does not wait for the platform.
  const [{ renderChaosReport }, { runChaos }] = await Promise.all([
    import('./report.ts'),
    import('./run-chaos.ts'),
  ]);
  const report = await runChaos({
    seconds,
    say: (line) => void (json || process.stdout.write(`${line}\n`)),
    onEvent: logTo(log),
  });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `\n${renderChaosReport(report)}\n`);
  process.exitCode = report.invariantsBroken.length === 0 ? 0 : 1;
}

function logTo(file: string | undefined): (event: LaptopEvent) => void {
  if (file === undefined) return () => undefined;
  const out = createWriteStream(file);
  return ({ at, kind, text, fields }) =>
    void out.write(`${new Date(at).toISOString()} ${kind} ${text} ${JSON.stringify(fields)}\n`);
}
