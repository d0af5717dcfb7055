/**
 * `npm run scale`: simulates a day of 10,000 tenants and 1,000,000 jobs, one of which has 5,000 machines, and one of 10 tenants to
 * compare.
 */
import { InvalidArgumentError } from 'commander';
import { createCommandLine, exitStatus, runScript, wholeNumber } from '../../lib/cli/command-line.ts';
import type { DayReport } from './day-report.ts';

/** A tenth more than in the small day at the most, whatever it is. */
const tolerance = 1.1;

interface ScaleOptions {
  readonly part: number;
  readonly copies: number;
  readonly json?: true;
}

await runScript(
  createCommandLine({
    name: 'npm run scale --',
    description:
      'Simulates a day of 10,000 tenants and 1,000,000 jobs in virtual time. It takes 20 to 30 minutes and 1 GB of memory.',
  })
    .option('--part <fraction>', 'the same for a part of the tenants and jobs, such as 0.01', fraction, 1)
    .option('--copies <count>', 'copies of scale-up and lifecycle', wholeNumber({ least: 1 }), 40)
    .option('--json', 'print one JSON object on one line')
    .addHelpText('after', exitStatus('a limit broke, a job was lost, or a bound was missed'))
    .action(run),
);

function fraction(given: string): number {
  const value = Number(given);
  if (value >= 0.0001 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0.0001 to 1.');
}

async function run({ part, copies, json }: ScaleOptions): Promise<void> {
  const { simulateDay } = await import('./simulate-day.ts');
  const few = await simulateDay({ tenants: 10, jobs: 1_000, copies, seed: 1 });
  const many = await simulateDay({
    tenants: Math.round(10_000 * part),
    jobs: Math.round(1_000_000 * part),
    copies,
    seed: 1,
    large: { maxRunners: Math.round(5_000 * part), jobs: Math.round(6_000 * part) },
  });
  const missed = boundsMissed(few, many);
  process.stdout.write(`${JSON.stringify({ few, many, missed }, null, json ? 0 : 2)}\n`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

function boundsMissed(few: DayReport, many: DayReport): string[] {
  const figures = {
    'calls a job': ({ callsPerJob }: DayReport) => callsPerJob,
    'write units a job': ({ writeUnitsPerJob }: DayReport) => writeUnitsPerJob,
    'read units a job': ({ readUnitsPerJob }: DayReport) => readUnitsPerJob,
    'lease free to launched, median': ({ freeToLaunched }: DayReport) => freeToLaunched.p50,
    'lease free to launched, p99': ({ freeToLaunched }: DayReport) => freeToLaunched.p99,
  };
  return [
    ...(many.limitsBroken.length === 0 ? [] : ['limits exact']),
    ...(many.jobsDone === many.jobs ? [] : ['every job done']),
    ...Object.entries(figures).flatMap(([name, of]) =>
      of(many) <= tolerance * of(few) ? [] : [`${name}: more than a tenth above those of 10 tenants`],
    ),
  ];
}
