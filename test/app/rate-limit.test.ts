/** How many requests a minute the admission API takes of whom, and how much of that a copy remembers. */
import { expect, it } from '@jest/globals';
import type { Caller } from '../../lib/app/admission-api/authenticate.ts';
import { createRateLimit } from '../../lib/app/admission-api/rate-limit.ts';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import type { StoredToken } from '../../lib/core/controllers/token.ts';
import type { InstallationId } from '../../lib/core/ids.ts';
import { acme } from '../support/given.ts';

/** @param count of the token, and of its tenant */
function givenLimit(count: () => readonly [ofToken: number, ofTenant: number]) {
  let calls = 0;
  const limit = createRateLimit({
    clock: { now: () => 1_000, sleep: async () => undefined },
    counts: {
      count: async () => {
        calls += 1;
        return count();
      },
    },
  });
  return { limit, calls: () => calls };
}
const caller = (kind: Caller['kind'], owner: InstallationId, id = 'tok_1') =>
  ({ kind, token: { owner, id } as StoredToken }) as Caller;

it.each([
  ['an administrator', 120, caller('administrator', acme)],
  ['a controller of a tenant', 600, caller('controller', acme)],
  ['a controller of the operator, which answers about all jobs', 6_000, caller('controller', platformOwner)],
])('lets a token of %s make %i requests and no more', async (_whose, most, who) => {
  let counted = most - 1;
  const { limit } = givenLimit(() => [++counted, 0]);
  expect(await limit.refuse(who)).toBeUndefined();
  expect(await limit.refuse(who)).toMatchObject({ fault: { kind: 'too-many' } });
});

it.each([
  ['administrators', 600, caller('administrator', acme)],
  ['controllers of a tenant', 1_200, caller('controller', acme)],
  ['controllers of the operator', 12_000, caller('controller', platformOwner)],
])('lets all tokens of %s together make %i requests and no more', async (_whose, most, who) => {
  let counted = most - 1;
  const { limit } = givenLimit(() => [0, ++counted]);
  expect(await limit.refuse(who)).toBeUndefined();
  expect(await limit.refuse(who)).toMatchObject({ fault: { kind: 'too-many' } });
});

it('lets an installation make 500 changes an hour and no more, and counts none while it has to wait', async () => {
  const windows: string[] = [];
  let changes = 499;
  const limit = createRateLimit({
    clock: { now: () => 1_000, sleep: async () => undefined },
    counts: {
      count: async ({ name }) => {
        windows.push(name);
        return name.startsWith('api-changes/') ? [++changes] : [1, 1];
      },
    },
  });
  const change = () => limit.refuse(caller('administrator', acme), true);
  expect(await change()).toBeUndefined();
  const text = "An installation's controllers may be changed 500 times an hour. Try again in 3599 s.";
  for (let times = 0; times < 2; times += 1)
    expect(await change()).toMatchObject({ fault: { text, retryAfterSeconds: 3_599 } });
  expect(windows.filter((name) => name === `api-changes/${acme}/0`)).toHaveLength(2);
  expect(await limit.refuse(caller('administrator', acme))).toBeUndefined();
});

it.each([
  ['its own limit', [121, 0], 'One token may make 120 requests a minute. Try again in 59 s.'],
  [
    'that of all tokens',
    [0, 601],
    "All of an installation's tokens together may make 600 requests a minute. Try again in 59 s.",
  ],
] as const)(
  'says, also from memory, that a token exceeded %s, and for how long',
  async (_, counted, text) => {
    const { limit, calls } = givenLimit(() => counted);
    const refused = { fault: { text, retryAfterSeconds: 59 } };
    for (let times = 0; times < 2; times += 1)
      expect(await limit.refuse(caller('administrator', acme))).toMatchObject(refused);
    expect(calls()).toBe(1);
  },
);

it('remembers the last thousand floods, which cost no further count', async () => {
  const { limit, calls } = givenLimit(() => [601, 0]);
  const flood = (n: number) => limit.refuse(caller('controller', acme, `tok_${n}`));
  for (let n = 0; n <= 1_000; n += 1) await flood(n);
  expect(calls()).toBe(1_001);
  await flood(1);
  await flood(1_000);
  expect(calls()).toBe(1_001);
  await flood(0);
  expect(calls()).toBe(1_002);
});
