/**
 * `npm run sim:mutants`: tests the simulation itself. It puts one deliberate fault at a time into a copy of the
 * sources, and reports which seed catches it.
 */
import { createCommandLine, exitStatus, oneOf, runScript, wholeNumber } from '../../lib/cli/command-line.ts';
import { allMutants, loadMutant, registerMutants } from './mutants/load.ts';
import type { Mutant } from './mutants/mutant.ts';

interface MutantOptions {
  readonly seeds: number;
  readonly only?: readonly string[];
  readonly json?: true;
}

await runScript(
  createCommandLine({
    name: 'npm run sim:mutants --',
    description: 'Puts deliberate faults into the sources, one at a time, and shows which seed catches each.',
  })
    .option('--seeds <count>', 'how many seeds may try to catch a fault', wholeNumber({ least: 1 }), 1000)
    .option('--only <name>', 'this fault only; may be repeated', oneOf(allMutants.map(({ name }) => name)))
    .option('--json', 'print JSON')
    .addHelpText('after', exitStatus('a fault was not caught'))
    .action(run),
);

async function run({ seeds, only, json }: MutantOptions): Promise<void> {
  registerMutants();
  const results = [];
  for (const mutant of allMutants.filter(({ name }) => only?.includes(name) ?? true)) {
    const caught = await hunt(mutant, seeds);
    results.push({ mutant: mutant.name, caughtBySeed: caught?.seed ?? null });
    if (json) continue;
    const by = caught ? `seed ${caught.seed}`.padEnd(10) : 'SURVIVES  ';
    console.log(`${mutant.name.padEnd(38)} ${by} ${caught?.invariant ?? ''}`);
  }
  if (json) console.log(JSON.stringify(results));
  if (results.some(({ caughtBySeed }) => caughtBySeed === null)) process.exitCode = 1;
}

async function hunt(mutant: Mutant, seeds: number): Promise<{ seed: number; invariant: string } | undefined> {
  const { simulate } = await loadMutant(mutant);
  for (let seed = 1; seed <= seeds; seed++) {
    const [violation] = (await simulate(seed)).violations;
    if (violation) return { seed, invariant: violation.invariant };
  }
  return undefined;
}
