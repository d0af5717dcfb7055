import { globSync } from 'node:fs';
import { join } from 'node:path';
import { mocksModules } from './test/quick/mocks-modules.ts';

// Tests start scripts and commands as processes of their own: what Node compiled for one serves the next.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled');
// Synthesis checks its templates for what CloudFormation would refuse, and only warns. It takes three quarters of the time,
// and no test reads its warnings. `npm run conformance` makes them errors.
process.env.CDK_VALIDATION ??= 'false';

/** They need Jest's own runner: only its sandbox can replace a module, or a timer that another module has imported. */
const mocking = globSync('test/**/*.test.ts', { cwd: import.meta.dirname }).filter((file) =>
  mocksModules(join(import.meta.dirname, file)),
);

/** Both run the sources as they are: ES modules, without their types. */
const sources = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.js' },
  injectGlobals: false,
};

export default {
  projects: [
    {
      ...sources,
      runner: '<rootDir>/test/quick/jest-runner.ts',
      testMatch: ['<rootDir>/test/**/*.test.ts', ...mocking.map((file) => `!**/${file}`)],
    },
    { ...sources, testMatch: mocking.map((file) => `<rootDir>/${file}`) },
  ],
  // A busy machine does everything many times slower than an idle one: this ends only what hangs.
  testTimeout: 600_000,
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/order/sequencer.js',
  // Jest keeps the modules of every file that a worker ran: a fresh worker is faster than a full one.
  workerIdleMemoryLimit: '700MB',
  // The second judges, after the whole end-to-end suite, whether functions need all that they may do; the third says
  // what .ci/run may try once more.
  reporters: ['default', '<rootDir>/test/iam/reporter.ts', '<rootDir>/test/second-try/reporter.ts'],
};
