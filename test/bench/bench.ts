/**
 * `npm run bench`: measures, compares each figure with its goal, and prints a table or, with `--json`, one JSON
 * object and nothing else. It asserts nothing: a missed goal is printed as missed.
 */
import { createCommandLine, exitStatus, oneOf, runScript } from '../../lib/cli/command-line.ts';
import { showProgress } from '../../lib/local/console/progress.ts';
import { describeMachine } from './machine.ts';
import type { BenchPlatform } from './platform.ts';
import type { Report } from './result.ts';
import { full, type Size, smoke } from './size.ts';
import { renderReport } from './table.ts';

/**
 * Those without a platform run first, while nothing else does. Each is loaded when it is measured, so that help and
 * wrong options are answered at once.
 */
const alone: Readonly<Record<string, (size: Size) => Promise<Report>>> = {
  webhook: async (given) => (await import('./webhook.ts')).measureWebhook(given),
  bundles: async (given) => (await import('./bundles.ts')).measureBundles(given),
  leases: async () => (await import('./leases.ts')).measureLeases(),
  'freed-slot': async (given) => (await import('./freed-slot.ts')).measureFreedSlot(given),
  'cap-load': async (given) => (await import('./cap-load.ts')).measureCapLoad(given),
  admission: async (given) => (await import('./admission.ts')).measureAdmission(given),
  'list-tenants': async (given) => (await import('./list-tenants.ts')).measureListTenants(given),
  'list-costs': async (given) => (await import('./list-costs.ts')).measureCosts(given),
  synthesis: async (given) => (await import('./synthesis.ts')).measureSynthesis(given),
};
const onPlatform: Readonly<Record<string, (platform: BenchPlatform) => Promise<Report>>> = {
  'scale-up-time': async (given) => (await import('./scale-up-time.ts')).measureScaleUpTime(given),
  'scale-up-calls': async (given) => (await import('./scale-up-calls.ts')).measureScaleUpCalls(given),
  'scale-up-units': async (given) => (await import('./scale-up-units.ts')).measureScaleUpUnits(given),
  'job-life': async (given) => (await import('./job-life.ts')).measureJobLife(given),
  phases: async (given) => (await import('./phases.ts')).measurePhases(given),
  'start-gate': async (given) => (await import('./start-gate.ts')).measureStartGate(given),
  'claim-memory': async (given) => (await import('./claim-memory.ts')).measureClaimMemory(given),
  'next-launch': async (given) => (await import('./next-launch.ts')).measureNextLaunch(given),
  // EC2 throttles in this one, which slows down the launches of the next two minutes.
  bursts: async (given) => (await import('./bursts.ts')).measureBursts(given),
  // Last, after the load of the others.
  memory: async (given) => (await import('./memory.ts')).measureMemory(given),
};
const names = [...Object.keys(alone), ...Object.keys(onPlatform)];

interface BenchOptions {
  readonly only?: readonly string[];
  readonly json?: true;
  readonly smoke?: true;
}

await runScript(
  createCommandLine({
    name: 'npm run bench --',
    description: "Measures Mayfly on this machine, in about six minutes, against the project's goals.",
  })
    .option('--only <measurement>', `this one only; may be repeated: ${names.join(', ')}`, oneOf(names))
    .option(
      '--json',
      'print one JSON object: {"machine", "results": [{"name", "value", "unit", "goal", "met"}]}',
    )
    .option('--smoke', 'only check that every measurement runs; the figures mean nothing')
    .addHelpText(
      'after',
      `\nA missed goal is reported, and does not change the exit status.\n${exitStatus()}`,
    )
    .action(run),
);

async function run({ only, json, smoke: isSmoke }: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const reports = await (isSmoke ? tryAll : measureAll)(only ?? names);
  const report = {
    results: reports.flatMap(({ results }) => results),
    notes: reports.flatMap(({ notes }) => notes),
  };
  process.stdout.write(
    json
      ? `${JSON.stringify({ machine, results: report.results }, null, 2)}\n`
      : `\n${renderReport(machine, report)}`,
  );
}

/** One after the other: each has the machine to itself. */
async function measureAll(chosen: readonly string[]): Promise<Report[]> {
  const progress = showProgress(process.stderr);
  const step = (name: string) => progress.step(name);
  const reports = [
    ...(await measureAlone(chosen, full, step)),
    ...(await measureOnPlatform(chosen, full, step)),
  ];
  progress.done('measured');
  return reports;
}

/** In parallel: those on the platform mostly wait for machines. */
async function tryAll(chosen: readonly string[]): Promise<Report[]> {
  const begun = (name: string) => void process.stderr.write(`  … ${name}\n`);
  const both = [measureAlone, measureOnPlatform].map((measure) => measure(chosen, smoke, begun));
  return (await Promise.all(both)).flat();
}

type Step = (name: string) => void;

async function measureAlone(chosen: readonly string[], size: Size, step: Step): Promise<Report[]> {
  const reports: Report[] = [];
  for (const [name, measurement] of Object.entries(alone)) {
    if (!chosen.includes(name)) continue;
    step(name);
    reports.push(await measurement(size));
  }
  return reports;
}

async function measureOnPlatform(chosen: readonly string[], size: Size, step: Step): Promise<Report[]> {
  const wanted = Object.entries(onPlatform).filter(([name]) => chosen.includes(name));
  if (wanted.length === 0) return [];
  step('starting the platform');
  const { openPlatform } = await import('./platform.ts');
  const platform = await openPlatform(size);
  try {
    const reports: Report[] = [];
    for (const [name, measurement] of wanted) {
      step(name);
      reports.push(await measurement(platform));
    }
    return reports;
  } catch (error) {
    process.stderr.write(platform.troubles());
    throw error;
  } finally {
    await platform.close();
  }
}
