/**
 * Test files share processes, and so what modules keep. What belongs to a world is kept with one of its objects, in a
 * `WeakMap`: no other file has these. The rest is listed here: it follows from its key alone, never changes once it is made,
 * or takes turns where either is right. Handlers, which keep their clients, run in processes of their own.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** Variables, and collections that begin empty, at the top of a module. */
const kept =
  /^(?:export )?(?:let (\w+)|const (\w+)[^=\n]*= (?:new (?:Map|Set|Array)\b[^(\n]*\(\)|\[\]|\{\});)/gm;

it('is kept in modules: nothing that one test file could learn of another one', () => {
  const files = globSync(['lib/**/*.ts', 'test/{fakes,support}/**/*.ts'], { cwd: root });
  const found = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(kept)].map(
      ([, one, other]) => `${file} ${one ?? other}`,
    ),
  );
  expect(found.toSorted()).toEqual([
    'lib/adapters/aws-json/sign-request.ts keys',
    'lib/app/common/bind-rows.ts noPrices',
    'lib/constructs/basics/bundle.ts bundled',
    'lib/core/micros.ts formats',
    'lib/local/aws/dynamodb-throttle.ts refusals',
    'lib/local/aws/signature.ts signingKeys',
    'lib/local/ec2/ec2.ts signer',
    'lib/local/github/runner-releases.ts archives',
    'lib/local/github/start-github.ts keys',
    'test/fakes/github-state.ts repositoryIds',
  ]);
});
