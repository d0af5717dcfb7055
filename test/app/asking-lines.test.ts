import { describe, expect, it } from '@jest/globals';
import { createAskingLines } from '../../lib/app/admission/asking-lines.ts';

const message = (tenant: number, n: number) => ({
  id: `${tenant}-${n}`,
  body: JSON.stringify({ kind: 'admission', installationId: tenant, jobId: n }),
});

function givenLines() {
  const open = new Map<string, (failed: boolean) => void>();
  const ended: string[] = [];
  const lines = createAskingLines({ ofTenant: 2, inAll: 5 }, ({ id }) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    open.set(id, resolve);
    return promise;
  });
  const add = (tenant: number, n: number) =>
    lines.add(message(tenant, n), (failed) => ended.push(`${tenant}-${n}${failed ? ' failed' : ''}`));
  const end = async (id: string, failed = false) => {
    open.get(id)?.(failed);
    open.delete(id);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lines, add, end, ended, asked: () => [...open.keys()] };
}

describe('the messages that a run holds', () => {
  it('leave places for each tenant, however many one of them has, and for messages that name none', () => {
    const { add, asked, lines } = givenLines();
    for (let n = 1; n <= 50; n++) add(11, n);
    add(12, 1);
    lines.add({ id: 'none', body: 'nonsense' }, () => undefined);
    expect(asked()).toEqual(['11-1', '11-2', '12-1', 'none']);
    expect(lines.held()).toBe(52);
  });

  it('proceed in order of arrival, as places become free', async () => {
    const { add, asked, end, ended } = givenLines();
    for (let n = 1; n <= 3; n++) add(1, n);
    await end('1-1', true);
    expect(asked()).toEqual(['1-2', '1-3']);
    expect(ended).toEqual(['1-1 failed']);
  });

  it('use no more places of a tenant after some have ended', async () => {
    const { add, asked, end } = givenLines();
    for (let n = 1; n <= 5; n++) add(1, n);
    await end('1-1');
    expect(asked()).toEqual(['1-2', '1-3']);
  });

  it('use no more than the total number of places', async () => {
    const { add, asked, end } = givenLines();
    for (let tenant = 1; tenant <= 4; tenant++) for (let n = 1; n <= 2; n++) add(tenant, n);
    expect(asked()).toEqual(['1-1', '1-2', '2-1', '2-2', '3-1']);
    await end('1-1');
    expect(asked()).toEqual(['1-2', '2-1', '2-2', '3-1', '3-2']);
  });

  it('keep it from being idle until all have ended; without any it is idle', async () => {
    const { add, end, lines } = givenLines();
    await lines.idle();
    for (let n = 1; n <= 4; n++) add(1, n);
    let isIdle = false;
    const idle = lines.idle().then(() => {
      isIdle = true;
    });
    for (let n = 1; n <= 4; n++) {
      expect(isIdle).toBe(false);
      await end(`1-${n}`);
    }
    await idle;
  });

  it('are returned unchanged when the run closes, after started ones have ended', async () => {
    const { add, end, lines } = givenLines();
    for (let n = 1; n <= 3; n++) add(1, n);
    expect(lines.close()).toEqual([message(1, 3)]);
    let isIdle = false;
    const idle = lines.idle().then(() => {
      isIdle = true;
    });
    await end('1-1');
    expect(isIdle).toBe(false);
    await end('1-2');
    await idle;
    expect(lines.held()).toBe(0);
  });
});
