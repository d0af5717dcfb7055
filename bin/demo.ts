/** `npm run demo`: plays an hour of four tenants' life in less than a minute, and says what each of them got. */
import { parseArgs } from 'node:util';
import { showProgress } from '../lib/local/console/progress.ts';
import { createLiveView, type LiveView } from '../lib/local/demo/live-view.ts';
import { renderReport } from '../lib/local/demo/report.ts';
import { runDemo } from '../lib/local/demo/run-demo.ts';
import { jobs } from '../lib/local/demo/scenario.ts';

const help = `Boots the platform on this machine, lets three organizations and a user install the App, and fires ${jobs.length} jobs.

  npm run demo             a live view, then a table; exits 1 if an invariant broke
  npm run demo -- --json   one JSON object and nothing else
`;

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
if (values.help) process.stdout.write(help);
else await run(values.json);

async function run(json: boolean): Promise<void> {
  const report = json ? await runDemo() : await show();
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `\n${renderReport(report)}\n`);
  process.exitCode = report.invariantsBroken.length === 0 && report.machinesLeft === 0 ? 0 : 1;
}

async function show() {
  process.stdout.write('\nMayfly demo\n\n');
  const progress = showProgress(process.stdout);
  let view: LiveView | undefined;
  const report = await runDemo({
    onEvent: ({ kind, text }) => {
      if (kind !== 'progress' || view) return;
      if (text === 'ready') progress.step('four accounts install the App');
      else progress.step(text);
    },
    onReady(books) {
      progress.done(`ready: firing ${jobs.length} jobs`);
      process.stdout.write(
        '\n  each ■ is a machine of the tenant, each · one that it may still have; █ done, ▓ running, ░ queued\n\n',
      );
      view = createLiveView(books, process.stdout);
    },
    onTick: () => view?.draw(),
  });
  view?.end();
  return report;
}
