/** `npm run accuracy`: how near the records of simulated jobs are to the bill that AWS would write. Seconds, in virtual time. */
import { createCommandLine, exitStatus, runScript, wholeNumber } from '../../lib/cli/command-line.ts';
import { drawTable } from '../../lib/cli/table.ts';
import { assumedStrays } from './by-export.ts';
import { measureAccuracy } from './measure.ts';

interface AccuracyOptions {
  readonly jobs: number;
  readonly seed: number;
}

await runScript(
  createCommandLine({
    name: 'npm run accuracy --',
    description:
      'Simulates a month of jobs on machines on demand, spot and burstable ones, as the platform records them and as AWS ' +
      'bills them, and prints by how much the records are off.',
  })
    .option('--jobs <count>', 'on each kind of machine', wholeNumber({ least: 1 }), 10_000)
    .option('--seed <number>', 'another month', wholeNumber({ least: 0 }), 1)
    .addHelpText('after', exitStatus('a goal was missed'))
    .action(run),
);

function run({ jobs, seed }: AccuracyOptions): void {
  const found = measureAccuracy({ jobs, seed });
  const percent = (part: number) => `${(part * 100).toFixed(2).replace('-0.00', '0.00')}%`;
  const rows = found.map(({ name, off, atMost }) => [
    ...[name, percent(off), `±${percent(atMost)}`],
    Math.abs(off) <= atMost ? 'met' : 'missed',
  ]);
  process.stdout.write(`${drawTable([`${jobs} jobs each`, 'off by', 'goal', ''], rows)}\n`);
  process.stdout.write(
    `Spend without a record is assumed, not measured: one unrequested machine in ${assumedStrays.machines}, and one disk in\n` +
      `${assumedStrays.disks} that outlives its machine by a day.\n`,
  );
  process.exitCode = found.every(({ off, atMost }) => Math.abs(off) <= atMost) ? 0 : 1;
}
