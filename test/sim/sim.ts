/**
 * `npm run sim`: runs seeds of the simulation and reports which of them broke an invariant. Only this file reads the
 * real clock.
 */
import { createCommandLine, exitStatus, runScript, wholeNumber } from '../../lib/cli/command-line.ts';

interface SimOptions {
  readonly seeds: number;
  readonly seedFrom: number;
  readonly also?: readonly number[];
  readonly replay?: number;
  readonly json?: true;
  readonly host?: true;
}

const number = wholeNumber({ least: 0 });
const oneMore = (given: string, before: readonly number[] = []) => [...before, number(given)];
await runScript(
  createCommandLine({
    name: 'npm run sim --',
    description:
      'Runs the real use cases in virtual time, under faults, and checks every invariant from outside.',
  })
    .option('--seeds <count>', 'how many seeds to run', number, 1000)
    .option('--seed-from <seed>', 'the first seed', number, 1)
    .option('--also <seed>', 'this seed too; may be repeated', oneMore)
    .option('--replay <seed>', 'print the events of one seed instead', number)
    .option('--host', 'a single host instead of the platform')
    .option('--json', 'print JSON')
    .addHelpText('after', exitStatus('an invariant was broken'))
    .action(async ({ seeds: count, seedFrom, also = [], replay: seed, json, host }: SimOptions) => {
      // Loaded only here, so that help and wrong options are answered at once.
      const { simulate } = host
        ? await import('../host/sim/simulate-host.ts')
        : await import('./simulate.ts');
      const seeds = [...Array.from({ length: count }, (_, n) => seedFrom + n), ...also];
      if (seed === undefined) await run(simulate, { seeds, json: json ?? false });
      else await replay(simulate, seed);
    }),
);

type Simulate =
  | typeof import('../host/sim/simulate-host.ts').simulate
  | typeof import('./simulate.ts').simulate;

async function replay(simulate: Simulate, seed: number): Promise<void> {
  const { log, violations } = await simulate(seed, { log: true });
  for (const line of log) console.log(line);
  for (const { invariant, detail } of violations) console.log(`VIOLATION ${invariant}: ${detail}`);
  if (violations.length === 0) console.log('Every invariant held.');
  else process.exitCode = 1;
}

async function run(
  simulate: Simulate,
  { seeds, json }: { seeds: readonly number[]; json: boolean },
): Promise<void> {
  const started = performance.now();
  const broken: { seed: number; invariant: string }[] = [];
  const totals = { steps: 0, jobs: 0, machines: 0 };
  for (const seed of seeds) {
    const outcome = await simulate(seed);
    totals.steps += outcome.steps;
    totals.jobs += outcome.jobs;
    totals.machines += outcome.machines;
    for (const { invariant, detail } of outcome.violations) {
      broken.push({ seed, invariant });
      if (!json) console.log(`seed ${seed}: ${invariant}: ${detail}`);
    }
  }
  const minutes = (performance.now() - started) / 60_000;
  const seedsPerMinute = Math.round(seeds.length / minutes);
  if (json)
    console.log(JSON.stringify({ seeds: seeds.length, ...totals, violations: broken, seedsPerMinute }));
  else {
    console.log(
      `${seeds.length} seeds, ${totals.jobs} jobs, ${totals.machines} machines, ${totals.steps} events.`,
    );
    console.log(`${broken.length} violations, ${seedsPerMinute} seeds per minute.`);
  }
  if (broken.length > 0) process.exitCode = 1;
}
