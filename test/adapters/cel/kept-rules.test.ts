/** How many parsed expressions a process caches, measured by the number of calls to the parser. */
import { parse } from '@bufbuild/cel';
import { expect, it } from '@jest/globals';
import { createRules } from '../../../lib/adapters/cel/rules.ts';

it('caches the last five hundred expressions, and parses an older one again', () => {
  let parsed = 0;
  const rules = createRules((expression) => {
    parsed += 1;
    return parse(expression);
  });
  const check = (n: number) => rules.faultOf(`job.id == ${n}`);
  for (let n = 0; n <= 500; n += 1) expect(check(n)).toBeUndefined();
  for (const n of [1, 500]) check(n);
  expect(parsed).toBe(501);
  check(0);
  expect(parsed).toBe(502);
});
