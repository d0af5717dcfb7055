/**
 * The tests that judge mutants: those that start no other process. One is left out, for it takes most of a minute: fair
 * shares over simulated hours.
 */
export const suites: readonly string[] = [
  'test/core/**/*.test.ts',
  'test/config/**/*.test.ts',
  'test/pages/**/*.test.ts',
  'test/contract/**/*.test.ts',
  'test/adapters/memory/**/*.test.ts',
  'test/app/**/!(fair-shares).test.ts',
];
