/** `node test/scale/day.ts`: simulates a day of 10,000 tenants and 1,000,000 jobs, and one of 10 tenants to compare. */
import { parseArgs } from 'node:util';
import type { DayReport } from './day-report.ts';
import { simulateDay } from './simulate-day.ts';

const help = `Simulates a day in virtual time; exits with 1 where a limit broke, a job was lost, or a bound was missed.

  node test/scale/day.ts               10,000 tenants, 1,000,000 jobs: some minutes, 1 GB of memory
  node test/scale/day.ts --part 0.01   the same for 1/100 of the tenants and jobs
  node test/scale/day.ts --copies 40   with so many copies of scale-up and lifecycle (default: 40)
  node test/scale/day.ts --json        one JSON object and nothing else
`;

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: '1' },
    copies: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(help);
else await run();

async function run(): Promise<void> {
  const part = Number(values.part);
  const copies = Number(values.copies);
  const few = await simulateDay({ tenants: 10, jobs: 1_000, copies, seed: 1 });
  const many = await simulateDay({
    tenants: Math.round(10_000 * part),
    jobs: Math.round(1_000_000 * part),
    copies,
    seed: 1,
  });
  const missed = boundsMissed(few, many);
  process.stdout.write(`${JSON.stringify({ few, many, missed }, null, values.json ? 0 : 2)}\n`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

function boundsMissed(few: DayReport, many: DayReport): string[] {
  return [
    ...(many.limitsBroken.length === 0 ? [] : ['limits exact']),
    ...(many.jobsDone === many.jobs ? [] : ['every job done']),
    ...(many.freeToLaunched.p99 < 2_000 ? [] : ['lease free to launched, p99 under 2 s']),
    ...(many.callsPerJob <= 1.05 * few.callsPerJob
      ? []
      : ['calls per job within 5 % of those at 10 tenants']),
  ];
}
