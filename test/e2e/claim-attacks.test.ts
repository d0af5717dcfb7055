/**
 * Attacks on claim, over HTTP and with everything that a hostile job can read on its machine: none gets a JIT
 * config, each is answered with 403 or 400, and each is counted.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MachinePapers, readPapers } from './support/machine-metadata.ts';
import { endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

const freshNonce = 'f'.repeat(32);

describe('the claim function', () => {
  let world: World;
  /** Of two machines that run a job each, for different tenants. */
  let own: MachinePapers & { nonce: string };
  let other: MachinePapers;
  beforeAll(async () => {
    world = await startWorld();
    const jobs = await Promise.all(
      ['acme', 'globex'].map(async (login) =>
        world.queue(await world.install(login), tierLabels('small'), endlessMilliseconds),
      ),
    );
    await world.untilRunning(jobs);
    const names = world.laptop.github.state().jobs.map(({ runnerName }) => runnerName ?? '');
    const [ownName = '', otherName = ''] = names;
    const row = await world.operator.row('runners', { instance_id: ownName });
    own = { ...(await readPapers(ownName)), nonce: String(row?.['nonce']) };
    other = await readPapers(otherName);
  });
  afterAll(() => world?.close());

  async function knock(path: string, body: unknown) {
    const response = await fetch(new URL(path, world.laptop.claimUrl), {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  /** What an invocation printed is there before its caller is answered. */
  const counted = (metric: string, why: string) =>
    world.events.filter(({ kind, text }) => kind === 'log' && text.includes(metric) && text.includes(why))
      .length;

  const altered = (text: string) => `${text.slice(0, -4)}${text.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
  const foreignDocument = () =>
    Buffer.from(
      Buffer.from(own.document, 'base64')
        .toString()
        .replace(/i-[0-9a-f]{17}/, `i-${'0'.repeat(17)}`),
    ).toString('base64');

  const attacks = [
    { attack: "the machine's own nonce, after it confirmed", why: 'confirmed', body: () => own },
    {
      attack: 'a new nonce, after it confirmed',
      why: 'confirmed',
      body: () => ({ ...own, nonce: freshNonce }),
    },
    {
      attack: 'a forged ticket',
      why: 'ticket-forged',
      body: () => ({ ...own, ticket: altered(own.ticket) }),
    },
    {
      attack: "another launch's ticket",
      why: 'launch',
      body: () => ({ ...own, ticket: other.ticket, nonce: freshNonce }),
    },
    {
      attack: "another machine's ticket and nonce",
      why: 'launch',
      body: () => ({ ...own, ticket: other.ticket }),
    },
    {
      attack: 'an identity document that AWS did not sign',
      why: 'identity-',
      body: () => ({ ...own, document: foreignDocument() }),
    },
    {
      attack: "another document's signature",
      why: 'identity-',
      body: () => ({ ...own, signature: other.signature }),
    },
  ];

  it.each(attacks)('refuses $attack, and counts it', async ({ body, why }) => {
    const before = counted('ClaimsRefused', why);
    const { status, text } = await knock('/claim', body());
    expect(status).toBe(403);
    expect(text).toMatch(/^why=[a-z-]+\n$/);
    expect(text).toContain(why);
    expect(counted('ClaimsRefused', why)).toBe(before + 1);
  });

  it('refuses a confirm that no claim came before, and counts it', async () => {
    const { status } = await knock('/confirm', { ...own, nonce: freshNonce });
    expect(status).toBe(403);
    expect(counted('ConfirmsRefused', 'not-claimed')).toBe(1);
  });

  it.each([['not JSON'], [''], ['{"ticket":"x"}'], ['[]'], ['null']])(
    'answers the garbage %j with 400',
    async (body) => {
      expect((await knock('/claim', body)).status).toBe(400);
    },
  );

  it('serves no other path', async () => {
    expect((await knock('/admin', own)).status).toBe(404);
  });

  it('gave no machine a second runner, and both jobs still run', () => {
    const registered = world.events.filter(
      ({ kind, text }) => kind === 'github' && text === 'runner-registered',
    );
    expect(registered).toHaveLength(2);
    expect(world.laptop.github.state().jobs.map(({ status }) => status)).toEqual([
      'in_progress',
      'in_progress',
    ]);
  });
});
