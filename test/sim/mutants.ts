/**
 * Tests the simulation itself: puts one deliberate fault after the other into a copy of the sources, and says by which
 * seed it was caught. Ends with 1 where one survives.
 *
 *   npm run sim:mutants [-- --seeds 500] [--only name] [--json]
 */
import { parseArgs } from 'node:util';
import { type Mutant, mutants } from './mutants/list.ts';
import { loadMutant, registerMutants } from './mutants/load.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

registerMutants();
const results = [];
for (const mutant of mutants.filter(({ name }) => values.only === undefined || name === values.only)) {
  const caught = await hunt(mutant, Number(values.seeds));
  results.push({ mutant: mutant.name, caughtBySeed: caught?.seed ?? null });
  if (!values.json) {
    const by = caught ? `seed ${caught.seed}`.padEnd(10) : 'SURVIVES  ';
    console.log(`${mutant.name.padEnd(32)} ${by} ${caught?.invariant ?? ''}`);
  }
}
if (values.json) console.log(JSON.stringify(results));
if (results.length === 0) throw new Error(`No mutant is named ${values.only}; see test/sim/mutants/list.ts.`);
if (results.some(({ caughtBySeed }) => caughtBySeed === null)) process.exitCode = 1;

async function hunt(mutant: Mutant, seeds: number): Promise<{ seed: number; invariant: string } | undefined> {
  const { simulate } = await loadMutant(mutant);
  for (let seed = 1; seed <= seeds; seed++) {
    const [violation] = (await simulate(seed)).violations;
    if (violation) return { seed, invariant: violation.invariant };
  }
  return undefined;
}
