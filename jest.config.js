import { join } from 'node:path';

// Tests start scripts and commands as processes of their own: what Node compiled for one serves the next.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled');
// Synthesis checks its templates for what CloudFormation would refuse, and only warns. It takes three quarters of the time,
// and no test reads its warnings. `npm run conformance` makes them errors.
process.env.CDK_VALIDATION ??= 'false';

export default {
  roots: ['<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // It runs the sources in Node as they are; Jest itself loads none of them.
  runner: '<rootDir>/test/quick/jest-runner.ts',
  transform: {},
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/order/sequencer.js',
  // The second judges, after the whole end-to-end suite, whether functions need all that they may do; the third says
  // what .ci/run may try once more.
  reporters: ['default', '<rootDir>/test/iam/reporter.ts', '<rootDir>/test/second-try/reporter.ts'],
};
