/**
 * `npm run conformance`: everything that others' tools can say of the platform without an AWS account, in one command.
 * Each check passes, fails, or says what it lacked; none is left out silently.
 */
import { parseArgs } from 'node:util';
import { cdkValidation } from './checks/cdk-validation.ts';
import { cfnLint } from './checks/cfn-lint.ts';
import { deploy } from './checks/deploy.ts';
import { dynamodbLocal } from './checks/dynamodb-local.ts';
import { githubSimulator } from './checks/github-simulator.ts';
import { moto } from './checks/moto.ts';
import type { Check } from './support/check.ts';
import { forgetAccounts } from './support/no-account.ts';
import { runChecks } from './support/run-checks.ts';

const checks: readonly Check[] = [cfnLint, cdkValidation, dynamodbLocal, deploy, moto, githubSimulator];

const usage = 'npm run conformance -- [--only NAME]… [--json] [--allow-missing]';

forgetAccounts();
process.exitCode = await main();

async function main(): Promise<number> {
  const output = {
    out: (text: string) => void process.stdout.write(text),
    error: (text: string) => void process.stderr.write(text),
  };
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        'allow-missing': { type: 'boolean', default: false },
      },
    });
    const { only, json, 'allow-missing': allowMissing } = values;
    return await runChecks(checks, { only, json, allowMissing }, output);
  } catch (cause) {
    if (!(cause instanceof TypeError && 'code' in cause)) throw cause;
    output.error(`${cause.message}\n${usage}\n`);
    return 2;
  }
}
