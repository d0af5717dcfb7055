/** `npm run demo`: simulates an hour of four tenants in less than a minute, and reports what each of them got. */
import { createCommandLine, exitStatus, runScript } from '../lib/cli/command-line.ts';
import { showProgress } from '../lib/local/console/progress.ts';
import { createLiveView, type LiveView } from '../lib/local/demo/live-view.ts';
import { renderReport } from '../lib/local/demo/report.ts';
import type { runDemo } from '../lib/local/demo/run-demo.ts';
import { jobs } from '../lib/local/demo/scenario.ts';

await runScript(
  createCommandLine({
    name: 'npm run demo --',
    description: `Boots the platform on this machine, lets three organizations and a user install the App, and queues ${jobs.length} jobs.`,
  })
    .option('--json', 'print one JSON object and nothing else')
    .addHelpText('after', exitStatus('an invariant broke, or a machine is left'))
    .action(async ({ json }: { json?: true }) => {
      // Loaded here, so that --help is not slowed down by loading the platform.
      const { runDemo: play } = await import('../lib/local/demo/run-demo.ts');
      const report = json ? await play() : await show(play);
      process.stdout.write(json ? `${JSON.stringify(report)}\n` : `\n${renderReport(report)}\n`);
      process.exitCode = report.invariantsBroken.length === 0 && report.machinesLeft === 0 ? 0 : 1;
    }),
);

async function show(play: typeof runDemo) {
  process.stdout.write('\nMayfly demo\n\n');
  const progress = showProgress(process.stdout);
  let view: LiveView | undefined;
  const report = await play({
    onEvent: ({ kind, text }) => {
      if (kind !== 'progress' || view) return;
      progress.step(text === 'ready' ? 'four accounts install the App' : text);
    },
    onReady(ledger) {
      progress.done('ready');
      process.stdout.write(`\n  Four accounts now queue ${jobs.length} jobs.\n\n`);
      view = createLiveView(ledger, process.stdout);
    },
    onTick: () => view?.draw(),
  });
  view?.end();
  return report;
}
