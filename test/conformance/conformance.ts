/**
 * `npm run conformance`: everything that others' tools can say of the platform without an AWS account, in one command.
 * Each check passes, fails, or says what it lacked; none is left out silently.
 */
import { createCommandLine, exitStatus, oneOf, runScript } from '../../lib/cli/command-line.ts';
import { cdkValidation } from './checks/cdk-validation.ts';
import { cfnLint } from './checks/cfn-lint.ts';
import { deploy } from './checks/deploy.ts';
import { dynamodbLocal } from './checks/dynamodb-local.ts';
import { githubSimulator } from './checks/github-simulator.ts';
import { iamSimulate } from './checks/iam-simulate.ts';
import { moto } from './checks/moto.ts';
import { schemathesis } from './checks/schemathesis.ts';
import { singleHost } from './checks/single-host.ts';
import type { Check } from './support/check.ts';
import { forgetAccounts } from './support/no-account.ts';
import { runChecks } from './support/run-checks.ts';

const checks: readonly Check[] = [
  ...[cfnLint, cdkValidation, iamSimulate, dynamodbLocal],
  ...[deploy, moto, githubSimulator, singleHost, schemathesis],
];

interface ConformanceOptions {
  readonly only?: readonly string[];
  readonly json?: true;
  readonly allowMissing?: true;
  readonly list?: true;
}

await runScript(
  createCommandLine({
    name: 'npm run conformance --',
    description:
      "Checks the platform with other people's tools, which it installs at the first use. Needs Python and a JDK.",
  })
    .option('--only <check>', 'this check only; may be repeated', oneOf(checks.map(({ name }) => name)))
    .option('--list', 'list the checks and run none')
    .option('--json', 'print JSON')
    .option('--allow-missing', 'exit with 0 although a check lacked its tool')
    .addHelpText('after', exitStatus('a check failed'))
    .action(run),
);

async function run({ only, json, allowMissing, list }: ConformanceOptions): Promise<void> {
  const output = {
    out: (text: string) => void process.stdout.write(text),
    error: (text: string) => void process.stderr.write(text),
  };
  if (list) return output.out(`${checks.map(({ name }) => name).join('\n')}\n`);
  forgetAccounts();
  process.exitCode = await runChecks(
    checks,
    { only, json: json ?? false, allowMissing: allowMissing ?? false },
    output,
  );
}
