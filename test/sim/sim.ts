/**
 * Runs seeds of the simulation and says which of them broke a promise.
 *
 *   npm run sim -- --seeds 2000 --seed-from 1 [--json]
 *   npm run sim -- --replay 42        prints the story of one seed
 *
 * The clock is read here alone, to say how fast it went. Ends with 1 where a promise was broken.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    'seed-from': { type: 'string', default: '1' },
    replay: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

if (values.replay !== undefined) await replay(wholeNumber('--replay', values.replay));
else await run(wholeNumber('--seeds', values.seeds), wholeNumber('--seed-from', values['seed-from']));

async function replay(seed: number): Promise<void> {
  const { story, violations } = await simulate(seed, { story: true });
  for (const line of story) console.log(line);
  for (const { invariant, detail } of violations) console.log(`broken: ${invariant}: ${detail}`);
  if (violations.length === 0) console.log('Every promise was kept.');
  else process.exitCode = 1;
}

async function run(seeds: number, from: number): Promise<void> {
  const started = performance.now();
  const broken: { seed: number; invariant: string }[] = [];
  const totals = { steps: 0, jobs: 0, machines: 0 };
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = await simulate(seed);
    totals.steps += outcome.steps;
    totals.jobs += outcome.jobs;
    totals.machines += outcome.machines;
    for (const { invariant, detail } of outcome.violations) {
      broken.push({ seed, invariant });
      if (!values.json) console.log(`seed ${seed}: ${invariant}: ${detail}`);
    }
  }
  const minutes = (performance.now() - started) / 60_000;
  const seedsPerMinute = Math.round(seeds / minutes);
  if (values.json) console.log(JSON.stringify({ seeds, violations: broken, seedsPerMinute }));
  else {
    console.log(`${seeds} seeds, ${totals.jobs} jobs, ${totals.machines} machines, ${totals.steps} events.`);
    console.log(`${broken.length} violations, ${seedsPerMinute} seeds a minute.`);
  }
  if (broken.length > 0) process.exitCode = 1;
}

function wholeNumber(option: string, given: string): number {
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${option} is ${JSON.stringify(given)}; it must be a whole number, such as 1000.`);
}
