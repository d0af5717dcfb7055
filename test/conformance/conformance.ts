/**
 * `npm run conformance`: everything that others' tools can say of the platform without an AWS account, in one command.
 * Each check passes, fails, or says what it lacked; none is left out silently.
 */
import { createCommandLine, exitStatus, oneOf, runScript } from '../../lib/cli/command-line.ts';
import type { Check } from './support/check.ts';
import { forgetAccounts } from './support/no-account.ts';
import { runChecks } from './support/run-checks.ts';

/** Loaded when it runs, so that help, the list and mistakes are answered at once. */
const check = (name: string, load: () => Promise<Check>): Check => ({
  name,
  run: async (tell) => (await load()).run(tell),
});

const checks: readonly Check[] = [
  check('cfn-lint', async () => (await import('./checks/cfn-lint.ts')).cfnLint),
  check('cdk-validation', async () => (await import('./checks/cdk-validation.ts')).cdkValidation),
  check('iam-simulate', async () => (await import('./checks/iam-simulate.ts')).iamSimulate),
  check('dynamodb-local', async () => (await import('./checks/dynamodb-local.ts')).dynamodbLocal),
  check('deploy', async () => (await import('./checks/deploy.ts')).deploy),
  check('moto', async () => (await import('./checks/moto.ts')).moto),
  check('github-simulator', async () => (await import('./checks/github-simulator.ts')).githubSimulator),
  check('single-host', async () => (await import('./checks/single-host.ts')).singleHost),
  check('botocore', async () => (await import('./checks/botocore.ts')).botocore),
  check('aws-cli', async () => (await import('./checks/aws-cli.ts')).awsCli),
  check('schemathesis', async () => (await import('./checks/schemathesis.ts')).schemathesis),
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
      'Checks the platform with independent tools, which it installs on first use. Needs Python, a JDK, buildah, ' +
      'mmdebstrap and the AWS CLI; a check that lacks one says what to install.',
  })
    .option('--only <check>', 'this check only; may be repeated', oneOf(checks.map(({ name }) => name)))
    .option('--list', 'list the checks and run none')
    .option('--json', 'print JSON')
    .option('--allow-missing', 'exit with 0 even if a check lacks its tool')
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
