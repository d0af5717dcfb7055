/** How many parsed expressions a process caches, measured by the number of calls to the parser. */
import { expect, it, jest } from '@jest/globals';

const cel = await import('@bufbuild/cel');
let parsed = 0;
jest.unstable_mockModule('@bufbuild/cel', () => ({
  ...cel,
  parse: (expression: string) => {
    parsed += 1;
    return cel.parse(expression);
  },
}));
const { createRules } = await import('../../../lib/adapters/cel/rules.ts');

it('caches the last five hundred expressions, and parses an older one again', () => {
  const rules = createRules();
  const check = (n: number) => rules.faultOf(`job.id == ${n}`);
  for (let n = 0; n <= 500; n += 1) expect(check(n)).toBeUndefined();
  for (const n of [1, 500]) check(n);
  expect(parsed).toBe(501);
  check(0);
  expect(parsed).toBe(502);
});
