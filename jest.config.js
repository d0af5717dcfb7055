/** Jest runs the sources as they are: ES modules, types stripped by esbuild. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.js' },
  injectGlobals: false,
  maxWorkers: 2,
};
