/** `npm run caps`: by how much days of simulated jobs cost more than their tenant's cap, and how much of it they use. */
import { createCommandLine, exitStatus, runScript, wholeNumber } from '../../lib/cli/command-line.ts';
import { drawTable } from '../../lib/cli/table.ts';
import { mixes, simulateCappedDay } from './simulate-caps.ts';

interface CapsOptions {
  readonly seeds: number;
  readonly seedFrom: number;
  readonly ended: number;
  readonly quick?: boolean;
  readonly reserve: boolean;
}

/** A day costs at most so much more than its cap. */
const most = 0.01;

/** Machines that run at once, and the cap in hours of one. */
const tenants = [
  { machines: 10, capHours: 50 },
  { machines: 20, capHours: 240 },
];

const highest = (costs: readonly number[]) => Math.max(...costs);
const average = (costs: readonly number[]) => costs.reduce((sum, one) => sum + one, 0) / costs.length;
const percent = (part: number) => (Number.isFinite(part) ? `${(part * 100).toFixed(1)}%` : '–');

await runScript(
  createCommandLine({
    name: 'npm run caps --',
    description:
      'Simulates days of a tenant that has more jobs than its daily cap allows, for several kinds of jobs, and prints what ' +
      'the most expensive day and the average day cost, as a share of the cap, and the same under strict caps.',
  })
    .option('--seeds <count>', 'days of each kind', wholeNumber({ least: 1 }), 20)
    .option('--seed-from <number>', 'the first day', wholeNumber({ least: 0 }), 1)
    .option('--quick', 'the smaller tenant alone')
    .option('--no-reserve', 'take machines by their expected cost alone, to see what the reserve prevents')
    .option('--ended <count>', 'machines that ended before', wholeNumber({ least: 0 }), 200)
    .addHelpText('after', exitStatus('a day cost over 1% more than its cap, with a reserve'))
    .action(run),
);

function run({ seeds, seedFrom, ended, quick = false, reserve }: CapsOptions): void {
  const days = Array.from({ length: seeds }, (_, n) => n + seedFrom);
  let worst = 0;
  const simulated = quick ? tenants.slice(0, 1) : tenants;
  if (!reserve) {
    for (const tenant of simulated) withoutReserve({ ...tenant, days, ended });
    return;
  }
  const rows = simulated.flatMap((tenant) =>
    Object.entries(mixes).map(([name, jobs]) => {
      const costs = (strict: boolean) =>
        days.flatMap((seed) => simulateCappedDay({ ...tenant, jobs, seed, strict, ended }) ?? []);
      const [usual, strict] = [costs(false), costs(true)];
      worst = Math.max(worst, ...usual, ...strict);
      return [
        `${name}, ${tenant.machines} machines, ${tenant.capHours} h`,
        ...[highest(usual), average(usual), highest(strict), average(strict)].map(percent),
      ];
    }),
  );
  const head = ['jobs', 'highest day', 'average', 'strict: highest', 'average'];
  process.stdout.write(`${drawTable(head, rows)}\n`);
  const isMet = worst <= 1 + most;
  process.stdout.write(
    `A day costs at most ${percent(worst)} of its cap; the goal is 101%: ${isMet ? 'met' : 'missed'}\n`,
  );
  process.exitCode = isMet ? 0 : 1;
}

/** Prints the most expensive day of all. Whoever reserves nothing has no goal. */
function withoutReserve(tenant: {
  readonly machines: number;
  readonly capHours: number;
  readonly days: readonly number[];
  readonly ended: number;
}): void {
  const { days, machines, capHours, ended } = tenant;
  const of = { machines, capHours, ended, strict: false, reservesNothing: true };
  const costs = Object.entries(mixes).map(([name, jobs]) => ({
    name,
    most: highest(days.flatMap((seed) => simulateCappedDay({ ...of, jobs, seed }) ?? [])),
  }));
  const [worst] = costs.toSorted((one, other) => other.most - one.most);
  const cost = percent(worst!.most);
  process.stdout.write(
    `Without a reserve, a day of ${machines} machines costs up to ${cost} of ${capHours} h: ${worst!.name}\n`,
  );
}
