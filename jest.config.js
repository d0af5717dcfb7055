import { join } from 'node:path';

// Tests start scripts and commands as processes of their own: what Node compiled for one serves the next.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled');
// Synthesis checks its templates for what CloudFormation would refuse, and only warns. It takes three quarters of the time,
// and no test reads its warnings. `npm run conformance` makes them errors.
process.env.CDK_VALIDATION ??= 'false';

/** Jest runs the sources as they are: ES modules, without their types. */
export default {
  testEnvironment: 'node',
  // A busy machine does everything many times slower than an idle one: this ends only what hangs.
  testTimeout: 600_000,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.js' },
  injectGlobals: false,
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/order/sequencer.js',
  // Jest keeps the modules of every file that a worker ran: a fresh worker is faster than a full one.
  workerIdleMemoryLimit: '700MB',
  // The second judges, after the whole end-to-end suite, whether functions need all that they may do; the third says
  // what .ci/run may try once more.
  reporters: ['default', '<rootDir>/test/iam/reporter.ts', '<rootDir>/test/second-try/reporter.ts'],
};
