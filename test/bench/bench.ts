/**
 * `npm run bench`: measures, compares each figure with its goal, and prints a table, or with `--json` one JSON object and
 * nothing else. It asserts nothing: a goal that is missed is printed as missed.
 */
import { createCommandLine, exitStatus, oneOf, runScript } from '../../lib/cli/command-line.ts';
import { showProgress } from '../../lib/local/console/progress.ts';
import { measureBundles } from './bundles.ts';
import { measureBursts } from './bursts.ts';
import { measureCapLoad } from './cap-load.ts';
import { measureClaimMemory } from './claim-memory.ts';
import { measureFreedSlot } from './freed-slot.ts';
import { measureJobLife } from './job-life.ts';
import { measureLeases } from './leases.ts';
import { measureCosts } from './list-costs.ts';
import { measureListTenants } from './list-tenants.ts';
import { describeMachine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { measureNextLaunch } from './next-launch.ts';
import { measurePhases } from './phases.ts';
import { type BenchPlatform, openPlatform } from './platform.ts';
import type { Report } from './result.ts';
import { measureScaleUpCalls } from './scale-up-calls.ts';
import { measureScaleUpTime } from './scale-up-time.ts';
import { measureScaleUpUnits } from './scale-up-units.ts';
import { full, type Size, smoke } from './size.ts';
import { measureSynthesis } from './synthesis.ts';
import { renderReport } from './table.ts';
import { measureWebhook } from './webhook.ts';

/** Those without a platform come first, while nothing else runs. */
const alone: Readonly<Record<string, (size: Size) => Promise<Report>>> = {
  webhook: measureWebhook,
  bundles: measureBundles,
  leases: measureLeases,
  'freed-slot': measureFreedSlot,
  'cap-load': measureCapLoad,
  'list-tenants': measureListTenants,
  'list-costs': measureCosts,
  synthesis: measureSynthesis,
};
const onPlatform: Readonly<Record<string, (platform: BenchPlatform) => Promise<Report>>> = {
  'scale-up-time': measureScaleUpTime,
  'scale-up-calls': measureScaleUpCalls,
  'scale-up-units': measureScaleUpUnits,
  'job-life': measureJobLife,
  phases: measurePhases,
  'claim-memory': measureClaimMemory,
  'next-launch': measureNextLaunch,
  // EC2 throttles in it, and each launch of the next two minutes minds that.
  bursts: measureBursts,
  // After the load of the others.
  memory: measureMemory,
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
    description: "Measures Mayfly on this machine in under three minutes, against the project's goals.",
  })
    .option('--only <measurement>', `this one only; may be repeated: ${names.join(', ')}`, oneOf(names))
    .option(
      '--json',
      'print one JSON object: {"machine", "results": [{"name", "value", "unit", "goal", "met"}]}',
    )
    .option(
      '--smoke',
      'measure next to nothing, to see that every measurement runs; its figures mean nothing',
    )
    .addHelpText(
      'after',
      `\nA goal that is missed is printed as missed, and changes no exit status.\n${exitStatus()}`,
    )
    .action(run),
);

async function run({ only, json, smoke: isSmoke }: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const reports = await measure(only ?? names, isSmoke ? smoke : full);
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

async function measure(chosen: readonly string[], size: Size): Promise<Report[]> {
  const progress = showProgress(process.stderr);
  const reports: Report[] = [];
  for (const [name, measurement] of Object.entries(alone)) {
    if (!chosen.includes(name)) continue;
    progress.step(name);
    reports.push(await measurement(size));
  }
  const rest = Object.entries(onPlatform).filter(([name]) => chosen.includes(name));
  if (rest.length > 0) {
    progress.step('starting the platform');
    const platform = await openPlatform(size);
    try {
      for (const [name, measurement] of rest) {
        progress.step(name);
        reports.push(await measurement(platform));
      }
    } finally {
      await platform.close();
    }
  }
  progress.done('measured');
  return reports;
}
