/** How far back one look at the list of webhook deliveries goes. */
import { expect, it } from '@jest/globals';
import { walkDeliveries } from '../../lib/app/reconciler/walk-deliveries.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { noon } from '../support/given.ts';

it('ends where the last one began, so that the next look begins with the newest', async () => {
  const pages: (string | undefined)[] = [];
  const item = (deliveredAt: number) => ({
    guid: `${deliveredAt}`,
    id: deliveredAt,
    deliveredAt,
    statusCode: 200,
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
  const { walk } = await walkDeliveries(deps, 'any', { floor, top: floor, cursor: undefined });
  expect(pages).toEqual([undefined, '1', '2', '3']);
  const newest = noon - 600_000;
  expect(walk).toEqual({ floor: newest, top: newest, cursor: undefined });
});
