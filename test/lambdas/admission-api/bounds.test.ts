/** What a request to the API may hold, and how often a change is tried: each bound fails here when it is widened. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { givenAnswer, questionId, syntheticJob } from '../../../lambdas/admission-api/schemas.ts';
import { findTargets } from '../../../lib/app/admission-api/find-targets.ts';
import { beta, type GivenApi, givenApi } from '../../support/admission-api.ts';
import { givenRules, putControllers } from '../../support/controllers.ts';
import { dearestRules } from '../../support/dearest-rules.ts';
import { acme, givenTenant } from '../../support/given.ts';
import { nonEmpty } from '../../support/non-empty.ts';

let world: GivenApi;
beforeEach(async () => {
  world = await givenApi();
});
const poll = { kind: 'poll' };
const create = async (body: object) => {
  const { status } = await world.call('POST', '/controllers', { body: { transport: poll, ...body } });
  return status;
};
const rules = (count: number, rule = {}) => {
  const one = { reject: 'run.fork', reason: 'No.', ...rule };
  return { transport: { kind: 'rules', rules: Array.from({ length: count }, () => one) } };
};
/** So many characters. */
const url = (length: number) => 'https://admit.example.com/'.padEnd(length, 'x');
const expression = (length: number) => 'run.fork'.padEnd(length, ' ');

describe('a controller', () => {
  it.each<[string, number, (size: number) => object]>([
    ['characters of its description', 1_024, (size) => ({ description: 'x'.repeat(size) })],
    ['characters of its address', 2_048, (size) => ({ transport: { kind: 'https', url: url(size) } })],
    ['characters of its match', 2_048, (size) => ({ match: expression(size) })],
    ['rules', 20, (size) => rules(size)],
    ['characters of a rule', 2_048, (size) => rules(1, { reject: expression(size) })],
    ['characters of a reason', 512, (size) => rules(1, { reason: 'x'.repeat(size) })],
    [
      'exempt repositories',
      10,
      (size) => ({ exemptRepositories: Array.from({ length: size }, (_, n) => n + 1) }),
    ],
    ['milliseconds of time', 10_000, (size) => ({ timeoutMilliseconds: size })],
  ])('may have so many %s: %i', async (_, most, of) => {
    expect([await create(of(most)), await create(of(most + 1))]).toEqual([201, 400]);
  });

  const half = '\ud800';
  it.each<[string, object]>([
    ['its description', { description: half }],
    ['its address', { transport: { kind: 'https', url: `https://admit.example.com/${half}` } }],
    ['its match', { match: `job.tier == "${half}"` }],
    ['a rule', rules(1, { reject: `job.tier == "${half}"` })],
    ['a reason', rules(1, { reason: half })],
  ])('is refused with a half surrogate pair in %s, which DynamoDB cannot store', async (_, body) => {
    expect(await create(body)).toBe(400);
  });

  it.each<[string, object]>([
    ['scopes', { kind: 'group', group: half }],
    ['scopes', { kind: 'tier', tier: half }],
    ['tokens', { description: half }],
  ])('is refused %s with half a surrogate pair', async (what, body) => {
    const { status } = await world.call('POST', `/controllers/${await world.given()}/${what}`, { body });
    expect(status).toBe(400);
  });

  it('has half a second for its answer, or more; five without a word', async () => {
    const ofTime = (timeoutMilliseconds: number) => create({ timeoutMilliseconds });
    expect([await ofTime(500), await ofTime(499)]).toEqual([201, 400]);
    const path = `/controllers/${await world.given()}`;
    expect((await world.call('GET', path)).body.timeoutMilliseconds).toBe(5_000);
  });

  it('is one of twenty', async () => {
    const made = [];
    for (let n = 1; n <= 21; n += 1) made.push(await create({}));
    expect(made).toEqual([...Array.from({ length: 20 }, () => 201), 409]);
  });

  it('is one of eight at most that any job has to pass', async () => {
    const enabled = async () => {
      const id = await world.given({ state: 'enabled' });
      const body = { kind: 'installation' };
      return (await world.call('POST', `/controllers/${id}/scopes`, { body })).status;
    };
    const added = [];
    for (let n = 1; n <= 9; n += 1) added.push(await enabled());
    expect(added).toEqual([...Array.from({ length: 8 }, () => 201), 409]);
  });
});

describe('the rules over one job', () => {
  const dear = (n: number) => ({ reject: dearestRules['to evaluate']!(n), reason: 'No.' });
  const transport = (...numbers: number[]) => ({ kind: 'rules', rules: numbers.map(dear) });
  const everywhere = async (over: Record<string, unknown>) => {
    const id = await world.given(over);
    const { status, body } = await world.call('POST', `/controllers/${id}/scopes`, {
      body: { kind: 'installation' },
    });
    return { id, status, body };
  };
  const update = (id: string, body: object) =>
    world.call('PATCH', `/controllers/${id}`, { body, headers: { 'if-match': '*' } });

  it('are three of the most expensive at most, in however many controllers', async () => {
    await everywhere({ transport: transport(1, 2), state: 'enabled' });
    expect(await everywhere({ transport: transport(3), state: 'enabled' })).toMatchObject({ status: 201 });
    const fourth = await everywhere({ transport: transport(4), state: 'dry_run' });
    expect(fourth).toMatchObject({ status: 409, body: { code: 'too-many-steps-on-one-job' } });
    expect(fourth.body.detail).toMatch(
      /up to 7[78]\d\d\d steps together.* at most 60000 are allowed\. Most are of ctl_/,
    );
  });

  it('are counted together when two are enabled at the same moment', async () => {
    const [one, other] = [
      await everywhere({ transport: transport(1, 2) }),
      await everywhere({ transport: transport(3, 4) }),
    ];
    const both = await Promise.all([one, other].map(({ id }) => update(id, { state: 'enabled' })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('are counted when a controller that was enabled before gets dearer ones', async () => {
    const { id } = await everywhere({ transport: transport(1), state: 'enabled' });
    expect((await update(id, { transport: transport(1, 2, 3, 4) })).status).toBe(409);
    expect((await update(id, { transport: transport(2, 3) })).status).toBe(200);
  });

  it('are read for no change that can add none: not even their reader is loaded', async () => {
    const { id } = await everywhere({ transport: transport(1), match: 'run.fork', state: 'enabled' });
    world.deps.loadRules = async () => {
      throw new Error('It is loaded.');
    };
    const bodies = [
      { description: 'Forks.', timeoutMilliseconds: 600, onFailure: 'admit' },
      { match: '' },
      { transport: poll },
      { state: 'disabled' },
    ];
    const replies = [];
    for (const body of bodies) replies.push((await update(id, body)).status);
    expect(replies).toEqual(bodies.map(() => 200));
  });

  it('may be twice as many for a test, which evaluates disabled ones too', async () => {
    const test = () =>
      world.call('POST', '/test', { body: { tier: 'small', repository: { name: 'acme/app', id: 7 } } });
    await everywhere({ transport: transport(1, 2, 3) });
    await everywhere({ transport: transport(4, 5, 6) });
    expect((await test()).status).toBe(200);
    const { id } = await everywhere({ transport: transport(7) });
    const refused = await test();
    expect(refused).toMatchObject({ status: 409, body: { code: 'too-many-steps-on-one-job' } });
    expect(refused.body.detail).toMatch(
      /of the 3 controllers .* more than 120000 steps, the most for a test\. Remove the scopes of disabled/,
    );
    await world.call('DELETE', `/controllers/${id}`, { headers: { 'if-match': '*' } });
    expect((await test()).status).toBe(200);
  });

  it('may be too many for a test without any disabled one, from an earlier version', async () => {
    const reject = [1, 2, 3, 4, 5, 6, 7].map(dearestRules['to evaluate']!);
    await putControllers(
      world.stores.controllers,
      givenRules({ id: 'ctl_1' }, ...reject),
      givenRules({ id: 'ctl_2', state: 'disabled' }, ...reject),
    );
    const body = { tier: 'small', repository: { name: 'acme/app', id: 7 } };
    const { body: fault } = await world.call('POST', '/test', { body });
    expect(fault.detail).toMatch(/of the 2 controllers .* Shorten the rules/);
  });
});

describe('a change that others are faster than each time', () => {
  const outrun = async (change: 'save' | 'changeTokens', path: string, body: object) => {
    let tries = 0;
    world.stores.controllers[change] = async () => {
      tries += 1;
      return 'changed';
    };
    const reply = await world.call('POST', path, { body });
    return [reply.status, reply.body.code, tries];
  };

  it('is planned five times', async () => {
    const tokens = `/controllers/${await world.given()}/tokens`;
    expect(await outrun('changeTokens', tokens, {})).toEqual([409, 'in-motion', 5]);
    expect(await outrun('save', '/controllers', { transport: poll })).toEqual([409, 'in-motion', 5]);
  });
});

describe('a scope of a public repository', () => {
  it('is looked for on ten pages, and trusted if there are more', async () => {
    const { github, deployment } = world.deps;
    const tenant = givenTenant();
    const repository = {
      id: 7,
      fullName: 'acme/app',
      ownerId: tenant.accountId,
      visibility: 'public',
    } as const;
    let pages = 0;
    const listed = {
      getRunnerGroup: github.getRunnerGroup,
      getRepository: async () => ({ ok: true, value: repository }) as const,
      listRepositories: async () => {
        pages += 1;
        return { ok: true, value: { items: [], cursor: String(pages + 1) } } as const;
      },
    };
    const target = { kind: 'repository', repositoryId: 7 } as const;
    const change = { kind: 'add-scope', id: 'ctl_1', scopeId: 'scp_1', target } as const;
    const found = await findTargets({ deployment, github: listed }, { id: acme, tenant }, change);
    expect(found).toMatchObject({ repositoryIds: new Set([7]) });
    expect(pages).toBe(10);
  });
});

describe('a page of decisions', () => {
  it.each([
    ['1', 200],
    ['100', 200],
    ['101', 400],
    ['10000', 400],
  ])('of %s is a %i', async (limit, status) => {
    expect((await world.call('GET', `/decisions?limit=${limit}`)).status).toBe(status);
  });
});

describe('a request that waits for questions', () => {
  const places = () => world.deps.longPolls;
  const kept = () => world.platform.notes.all.get('long-polls')!.expiresAt - world.clock.now();

  it('is one of four, two of them an installation’s, and forgotten after a minute', async () => {
    const taken = [];
    for (const owner of [acme, acme, acme, beta, beta, beta]) taken.push(await places().take(owner, 20_000));
    expect(taken.map((place) => place !== undefined)).toEqual([true, true, false, true, true, false]);
    expect(kept()).toBe(60_000);
    for (const place of nonEmpty(taken.filter((each) => each !== undefined))) await place.giveBack();
    expect(kept()).toBe(60_000);
  });
});

describe('a body', () => {
  const job = { tier: 'small', repository: { name: 'acme/app' } };
  const text = (length: number) => 'x'.repeat(length);
  it.each<[string, number, (size: number) => unknown]>([
    ['characters of a tier', 64, (size) => syntheticJob.parse({ ...job, tier: text(size) })],
    ['characters of a group', 255, (size) => syntheticJob.parse({ ...job, group: text(size) })],
    ['characters of a label', 255, (size) => syntheticJob.parse({ ...job, labels: [text(size)] })],
    ['labels', 20, (size) => syntheticJob.parse({ ...job, labels: Array.from({ length: size }, () => 'x') })],
    [
      'characters of an answer’s reason',
      8_192,
      (size) => givenAnswer.parse({ decision: 'admit', reason: text(size) }),
    ],
    ['digits of a question’s time', 15, (size) => questionId.parse(`${'1'.repeat(size)}-1-queue`)],
    ['digits of a question’s job', 16, (size) => questionId.parse(`1-${'1'.repeat(size)}-queue`)],
  ])('may have so many %s: %i', (_, most, parse) => {
    expect(() => parse(most)).not.toThrow();
    expect(() => parse(most + 1)).toThrow();
  });
});
