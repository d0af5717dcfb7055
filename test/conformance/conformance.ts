/**
 * `npm run conformance`: everything that others' tools can say of the platform without an AWS account, in one command.
 * Each check passes, fails, or says what it lacked; none is left out silently.
 */
import { parseArgs } from 'node:util';
import { drawTable } from '../../lib/local/console/table.ts';
import { cdkValidation } from './checks/cdk-validation.ts';
import { cfnLint } from './checks/cfn-lint.ts';
import { deploy } from './checks/deploy.ts';
import { dynamodbLocal } from './checks/dynamodb-local.ts';
import { githubSimulator } from './checks/github-simulator.ts';
import { moto } from './checks/moto.ts';
import { type Check, type Outcome, ToolMissing } from './support/check.ts';
import { forgetAccounts } from './support/no-account.ts';

const checks: readonly Check[] = [cfnLint, cdkValidation, dynamodbLocal, deploy, moto, githubSimulator];
const names = checks.map(({ name }) => name);

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    'allow-missing': { type: 'boolean', default: false },
  },
});
const unknown = (values.only ?? []).filter((name) => !names.includes(name));
if (unknown.length > 0)
  throw new Error(`--only ${unknown}: there is no such check; there are ${names.join(', ')}.`);

forgetAccounts();
const results: { name: string; seconds: number; outcome: Outcome }[] = [];
for (const check of checks.filter(({ name }) => values.only?.includes(name) ?? true)) {
  const start = performance.now();
  const tell = (progress: string) => {
    const seconds = Math.round((performance.now() - start) / 1000);
    process.stderr.write(`${check.name}, ${seconds} s: ${progress} …\n`);
  };
  tell('starts');
  const outcome = await check.run(tell).catch(explain);
  results.push({ name: check.name, seconds: Math.round((performance.now() - start) / 100) / 10, outcome });
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
else show();

const kinds = results.map(({ outcome }) => outcome.kind);
if (kinds.includes('failed')) process.exitCode = 1;
else if (kinds.includes('could not run') && !values['allow-missing']) process.exitCode = 2;

/** What a check did not foresee is a failed check: it must not look as if nothing had been found. */
function explain(cause: unknown): Outcome {
  if (cause instanceof ToolMissing) {
    return { kind: 'could not run', missing: cause.message, remedy: cause.remedy };
  }
  const finding = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return { kind: 'failed', figures: 'did not end as it should', findings: [finding] };
}

function show(): void {
  for (const { name, outcome } of results) {
    if (outcome.kind === 'failed') {
      process.stdout.write(`\n${name}:\n${outcome.findings.map((finding) => `  - ${finding}`).join('\n')}\n`);
    }
    if (outcome.kind === 'could not run') {
      process.stdout.write(`\n${name} could not run: ${outcome.missing}\n  ${outcome.remedy}\n`);
    }
  }
  const rows = results.map(({ name, seconds, outcome }) => [
    name,
    outcome.kind,
    `${seconds} s`,
    outcome.kind === 'could not run' ? '' : outcome.figures,
  ]);
  process.stdout.write(`\n${drawTable(['check', 'outcome', 'time', 'figures'], rows)}\n`);
}
