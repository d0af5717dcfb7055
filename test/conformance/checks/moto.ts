/**
 * The contracts of our AWS adapters on moto, which others hold against the real AWS: what our adapters send must be
 * understood there, and what comes back must mean the same to them as it does on the laptop.
 */
import { join } from 'node:path';
import { type Check, type Outcome, verdict } from '../support/check.ts';
import { onMoto } from '../support/known-failures.ts';
import { runJest } from '../support/run-jest.ts';
import { startServer } from '../support/start-server.ts';
import { pythonTools } from '../support/toolbox.ts';

export const moto: Check = {
  name: 'moto',
  async run(tell): Promise<Outcome> {
    const programs = await pythonTools(tell);
    const server = await startServer({
      command: join(programs, 'moto_server'),
      args: ['--host', '127.0.0.1', '--port', '0'],
      ready: /Running on (http:\S+)/,
      seconds: 300,
    });
    tell('the contracts');
    try {
      const { figures, findings } = await runJest({
        suites: ['test/contracts/compute.test', 'test/contracts/queues.test', 'test/contracts/secret.test'],
        // One after the other: moto has no locks.
        flags: ['--runInBand'],
        variables: {
          MAYFLY_TEST_EC2_URL: server.address,
          MAYFLY_TEST_SQS_URL: server.address,
          MAYFLY_TEST_SECRETS_URL: server.address,
        },
        seconds: 1200,
        knownFailures: onMoto,
      });
      return verdict(figures, findings);
    } finally {
      await server.stop();
    }
  },
};
