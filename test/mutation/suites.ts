/**
 * The tests that judge mutants: those that start no other process, and some seeds of the simulator. One is left out,
 * because it takes most of a minute: fair shares over simulated hours.
 */
export const suites: readonly string[] = [
  'test/core/**/*.test.ts',
  'test/config/**/*.test.ts',
  'test/pages/**/*.test.ts',
  'test/contract/**/*.test.ts',
  'test/app/**/!(fair-shares).test.ts',
  'test/lambdas/admission-api/*.test.ts',
  'test/mutation/simulated-seeds.ts',
];

/** Folders of tests that none of these imports from; they need not be copied for a run. */
export const unreadFolders: readonly string[] = [
  ...['bench', 'browser', 'chaos', 'cli', 'conformance', 'constructs', 'docs', 'e2e', 'iam', 'images'],
  ...['local', 'package', 'scale', 'stacks'],
];

/** What a run has at its root; it copies nothing else. */
export const copied: readonly string[] = ['lib', 'lambdas', 'test', 'package.json', 'mayfly.config.ts'];

export const ignored: readonly string[] = [
  '/*',
  ...copied.map((name) => `!/${name}`),
  `/test/{${unreadFolders.join(',')}}`,
];
