/**
 * Which suites start first: the longest. Where Jest has measured nothing yet it goes by the size of files, and the longest
 * suite is a short file: it would start near the end, and leave the other worker with nothing to do.
 */
import { join, relative } from 'node:path';

/**
 * Longest first, from `test` on. Of the first five, only README's suite needs the functions' bundles, and stores them: if
 * several began at once, each would bundle.
 */
export const longest: readonly string[] = [
  'sim/sim.test.ts',
  'docs/readme.test.ts',
  'package/package.test.ts',
  'sim/further-seeds.test.ts',
  'scale/day.test.ts',
  'cli/scripts.test.ts',
  'docs/single-host.test.ts',
  'e2e/operator.test.ts',
  'cli/command-policies.test.ts',
  'local/ec2/boot.test.ts',
  'e2e/rare-paths.test.ts',
  'e2e/repair.test.ts',
  'local/guard/endings.test.ts',
  'e2e/limits.test.ts',
  'app/fair-shares.test.ts',
  'e2e/runner-groups.test.ts',
  'e2e/spot-and-permissions.test.ts',
  'app/dying-in-between.test.ts',
  'e2e/reconciler.test.ts',
  'e2e/flood.test.ts',
  'e2e/runner-programs.test.ts',
  'cli/costs-compare-export.test.ts',
  'e2e/spend-caps.test.ts',
  'contracts/launch-store.test.ts',
  'cli/verify.test.ts',
  'e2e/admission-api.test.ts',
  'images/boot.test.ts',
  'e2e/start-gate.test.ts',
  'e2e/callbacks.test.ts',
  'local/deployment-options.test.ts',
];

const tests = join(import.meta.dirname, '..');

/** Those in the list come first, in its order; the others stay as they were. */
export function longestFirst<Test extends { readonly path: string }>(suites: readonly Test[]): Test[] {
  const rank = ({ path }: Test) => {
    const place = longest.indexOf(relative(tests, path));
    return place === -1 ? longest.length : place;
  };
  return suites.toSorted((one, other) => rank(one) - rank(other));
}
