/** How far back one look at the list of webhook deliveries goes. */
import { expect, it } from '@jest/globals';
import { deliveredSince, walkDeliveries } from '../../lib/app/reconciler/walk-deliveries.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { noon } from '../support/given.ts';

it('ends where the last one began, so that the next look begins with the newest', async () => {
  const pages: (string | undefined)[] = [];
  const item = (deliveredAt: number) => ({
    guid: `${deliveredAt}`,
    id: deliveredAt,
    deliveredAt,
    statusCode: 200,
    isRedelivery: false,
  });
  const github = {
    async listDeliveries(_list: string, cursor?: string) {
      pages.push(cursor);
      const page = Number(cursor ?? 0);
      const items = [1, 2].map((n) => item(noon - page * 3_600_000 - n * 600_000));
      return { ok: true, value: { items, cursor: String(page + 1) } };
    },
  };
  const deps = { github, clock: createMemoryClock(noon) } as never;
  const floor = noon - 2.5 * 3_600_000;
  const { walk } = await walkDeliveries(deps, 'any', {
    walk: { floor, top: floor, cursor: undefined },
    room: 1,
  });
  expect(pages).toEqual([undefined, '1', '2', '3']);
  const newest = noon - 600_000;
  expect(walk).toEqual({ floor: newest, top: newest, cursor: undefined });
});

it.each([
  ['at the newest, which may be listed before others of its time', 9, 9],
  ['ten minutes ago, where nothing newer is listed', 11, 10],
])('lets the next walk end %s', async (_, newest, floor) => {
  const minutesAgo = (count: number) => noon - count * 60_000;
  const delivery = {
    guid: 'g',
    id: 1,
    statusCode: 503,
    deliveredAt: minutesAgo(newest),
    isRedelivery: false,
  };
  const github = { listDeliveries: async () => ({ ok: true, value: { items: [delivery] } }) };
  const deps = { github, clock: createMemoryClock(noon) } as never;
  const before = { floor: 0, top: 0, cursor: undefined };
  const { walk } = await walkDeliveries(deps, 'failure', { walk: before, room: 1 });
  expect(walk.floor).toBe(minutesAgo(floor));
});

it('takes from the list of all what GitHub does not list as failed', async () => {
  const codes = [0, 200, 399, 400, 503, 599, 600];
  const items = codes.map((statusCode) => ({
    ...{ guid: `${statusCode}`, id: statusCode, statusCode },
    ...{ deliveredAt: noon, isRedelivery: false },
  }));
  const github = { listDeliveries: async () => ({ ok: true, value: { items } }) };
  const deps = { github, clock: createMemoryClock(noon) } as never;
  const walk = { floor: 0, top: 0, cursor: undefined };
  const found = await walkDeliveries(deps, 'any', { walk, room: 1 });
  expect(found.undelivered.map(({ statusCode }) => statusCode)).toEqual([0, 600]);
  expect([...found.delivered]).toEqual(['200', '399']);
});

it('stops after 45 seconds, however slowly GitHub answers, and continues there', async () => {
  const clock = createMemoryClock(noon);
  const { github, cursors } = givenEndless(() => clock.advance(10_000));
  const before = { floor: 0, top: 0, cursor: undefined };
  const { walk } = await walkDeliveries({ github, clock } as never, 'any', { walk: before, room: 1 });
  expect(cursors).toEqual([undefined, '1', '2', '3', '4']);
  expect(walk.cursor).toBe('5');
});

it('asks once for the newest if GitHub refuses even that', async () => {
  let calls = 0;
  const refused = { ok: false, refusal: { kind: 'invalid', message: 'Validation Failed' } };
  const listDeliveries = async () => {
    calls += 1;
    return refused;
  };
  const deps = { github: { listDeliveries }, clock: createMemoryClock(noon) } as never;
  const walk = { floor: 0, top: 0, cursor: undefined };
  const { failure } = await walkDeliveries(deps, 'any', { walk, room: 1 });
  expect(failure).toMatchObject({ code: 'GitHub-invalid' });
  expect(calls).toBe(1);
});

it('stops looking for what arrived after 20 seconds', async () => {
  const clock = createMemoryClock(noon);
  const { github } = givenEndless(() => clock.advance(6_000));
  const { guids } = await deliveredSince({ github, clock } as never, 0);
  expect([...guids]).toEqual(['webhook 0', 'webhook 1', 'webhook 2', 'webhook 3']);
});

/** A list whose every page has one webhook that arrived, and a next page. */
function givenEndless(onCall: () => void) {
  const cursors: (string | undefined)[] = [];
  const github = {
    async listDeliveries(_list: string, cursor?: string) {
      onCall();
      cursors.push(cursor);
      const page = Number(cursor ?? 0);
      const facts = { id: page, deliveredAt: noon - page, statusCode: 200, isRedelivery: false };
      return { ok: true, value: { items: [{ guid: `webhook ${page}`, ...facts }], cursor: `${page + 1}` } };
    },
  };
  return { github, cursors };
}

it.each([
  ['back to the oldest that may have arrived later: no call more', noon - 25 * 60_000, 4],
  ['ten pages at most', 0, 10],
])('reads the list of what arrived %s', async (_, since, expected) => {
  let pages = 0;
  const github = {
    async listDeliveries() {
      pages += 1;
      const deliveredAt = noon - (pages - 1) * 10 * 60_000;
      const items = [{ guid: `${pages}`, id: pages, statusCode: 200, deliveredAt, isRedelivery: false }];
      return { ok: true, value: { items, cursor: `${pages}` } };
    },
  };
  await deliveredSince({ github, clock: createMemoryClock(noon) } as never, since);
  expect(pages).toBe(expected);
});
