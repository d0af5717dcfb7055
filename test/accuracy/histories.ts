/** `npm run histories`: whether each machine has exactly one record, whoever dies while its end is written down. In virtual time. */
import { createCommandLine, exitStatus, runScript, wholeNumber } from '../../lib/cli/command-line.ts';
import { runHistory } from './history.ts';

interface HistoriesOptions {
  readonly histories: number;
  readonly seedFrom: number;
}

const shown = 5;

await runScript(
  createCommandLine({
    name: 'npm run histories --',
    description:
      'Simulates how machines end, one at a time. Several sources report each end, more than once and in any order, and the ' +
      'process that records it may die at any call. Each machine must get one record, and its lease must be freed once.',
  })
    .option('--histories <count>', 'how many machines', wholeNumber({ least: 1 }), 100_000)
    .option('--seed-from <number>', 'the first history', wholeNumber({ least: 0 }), 1)
    .addHelpText('after', exitStatus('a record was lost or double, or a lease was counted wrong'))
    .action(run),
);

async function run({ histories, seedFrom }: HistoriesOptions): Promise<void> {
  const startedAt = performance.now();
  let wrong = 0;
  for (let seed = seedFrom; seed < seedFrom + histories; seed += 1) {
    const fault = await runHistory(seed);
    if (fault === undefined) continue;
    wrong += 1;
    if (wrong <= shown) process.stdout.write(`seed ${seed}: ${fault}\n`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(
    `${histories} histories with crashes, ${wrong} with a lost or double record, ${Math.round(histories / seconds)} a second\n`,
  );
  process.exitCode = wrong === 0 ? 0 : 1;
}
