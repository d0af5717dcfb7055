/**
 * `npm run bench`: measures, holds each figure against its goal, and prints a table, or with `--json` one JSON object
 * and nothing else. It asserts nothing: a goal that is missed is printed as missed.
 */
import { parseArgs } from 'node:util';
import { showProgress } from '../../lib/local/console/progress.ts';
import { measureBundles } from './bundles.ts';
import { measureJobLife } from './job-life.ts';
import { measureLeases } from './leases.ts';
import { describeMachine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { measurePhases } from './phases.ts';
import { type BenchPlatform, openPlatform } from './platform.ts';
import type { Report } from './result.ts';
import { measureScaleUpCalls } from './scale-up-calls.ts';
import { measureScaleUpTime } from './scale-up-time.ts';
import { measureSynthesis } from './synthesis.ts';
import { renderReport } from './table.ts';
import { measureWebhook } from './webhook.ts';

/** Those without a platform come first, while nothing else runs. */
const alone: Readonly<Record<string, () => Promise<Report>>> = {
  webhook: measureWebhook,
  bundles: measureBundles,
  leases: measureLeases,
  synthesis: measureSynthesis,
};
const onPlatform: Readonly<Record<string, (platform: BenchPlatform) => Promise<Report>>> = {
  'scale-up-time': measureScaleUpTime,
  'scale-up-calls': measureScaleUpCalls,
  'job-life': measureJobLife,
  phases: measurePhases,
  // After the load of the others.
  memory: measureMemory,
};
const names = [...Object.keys(alone), ...Object.keys(onPlatform)];

const help = `Measures Mayfly on this machine, and holds what it finds against the project's goals.

  npm run bench                        everything, in under three minutes
  npm run bench -- --only webhook      one measurement; may be repeated
                -- --json              one JSON object: {"machine": …, "results": [{"name", "value", "unit", "goal", "met"}]}
                -- --help              this text

The measurements are ${names.join(', ')}.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = values.only.filter((name) => !names.includes(name));
if (values.help) {
  process.stdout.write(help);
} else if (unknown.length > 0) {
  process.stderr.write(`--only is ${unknown.join(', ')}; allowed are ${names.join(', ')}.\n`);
  process.exitCode = 2;
} else {
  await run(values.only.length > 0 ? values.only : names);
}

async function run(chosen: readonly string[]): Promise<void> {
  const machine = describeMachine();
  const reports = await measure(chosen);
  const report = {
    results: reports.flatMap(({ results }) => results),
    notes: reports.flatMap(({ notes }) => notes),
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ machine, results: report.results }, null, 2)}\n`
      : `\n${renderReport(machine, report)}`,
  );
}

async function measure(chosen: readonly string[]): Promise<Report[]> {
  const progress = showProgress(process.stderr);
  const reports: Report[] = [];
  for (const [name, measurement] of Object.entries(alone)) {
    if (!chosen.includes(name)) continue;
    progress.step(name);
    reports.push(await measurement());
  }
  const rest = Object.entries(onPlatform).filter(([name]) => chosen.includes(name));
  if (rest.length > 0) {
    progress.step('starting the platform');
    const platform = await openPlatform();
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
