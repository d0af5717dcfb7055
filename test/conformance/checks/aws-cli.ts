/**
 * The AWS CLI commands of docs/OPERATIONS.md, run word for word by the real AWS CLI against the laptop. `npm test` runs them
 * translated to the SDK, because the CLI is a Python program.
 */
import { type Check, type Outcome, ToolMissing, verdict } from '../support/check.ts';
import { runJest } from '../support/run-jest.ts';
import { runProgram } from '../support/run-program.ts';

export const awsCli: Check = {
  name: 'aws-cli',
  async run(tell): Promise<Outcome> {
    tell(`with ${await versionOfAws()}`);
    const { figures, findings } = await runJest({
      suites: ['test/docs/readme.test.ts', 'test/e2e/operator.test.ts'],
      variables: { MAYFLY_TEST_AWS_CLI: '1' },
      seconds: 600,
    });
    return verdict(figures, findings);
  },
};

async function versionOfAws(): Promise<string> {
  const remedy = 'Install the AWS CLI, version 1 or 2 (with Python: pip install awscli).';
  const ended = await runProgram({ command: 'aws', args: ['--version'], seconds: 120, remedy });
  const said = `${ended.out}${ended.error}`.trim();
  if (ended.code !== 0) throw new ToolMissing(`aws --version says ${JSON.stringify(said)}`, remedy);
  return said;
}
