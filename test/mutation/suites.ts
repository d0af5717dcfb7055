/**
 * The tests that judge mutants: those that start no other process. One is left out, for it takes most of a minute: fair
 * shares over simulated hours.
 */
export const suites: readonly string[] = [
  'test/core/**/*.test.ts',
  'test/config/**/*.test.ts',
  'test/pages/**/*.test.ts',
  'test/contract/**/*.test.ts',
  'test/app/**/!(fair-shares).test.ts',
];

/** Folders of tests that none of these imports from; they need not be copied for a run. */
export const unreadFolders: readonly string[] = [
  ...['bench', 'browser', 'chaos', 'cli', 'conformance', 'constructs', 'docs', 'e2e', 'iam', 'images'],
  ...['local', 'package', 'scale', 'stacks'],
];

export const ignored: readonly string[] = [
  '/*',
  '!/lib',
  '!/test',
  '!/package.json',
  '!/mayfly.config.ts',
  `/test/{${unreadFolders.join(',')}}`,
];
