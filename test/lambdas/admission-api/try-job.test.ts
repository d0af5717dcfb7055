/** What each controller would say of a job that need not be. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type GivenApi, givenApi } from '../../support/admission-api.ts';
import {
  givenController,
  givenRules,
  givenScope,
  putPlatformControllers,
} from '../../support/controllers.ts';
import { acme } from '../../support/given.ts';

let world: GivenApi;
beforeEach(async () => {
  world = await givenApi();
});
const rule = (reject: string, reason = 'No.') => ({ kind: 'rules', rules: [{ reject, reason }] });
const job = { tier: 'small', repository: { name: 'acme/app', id: 7 } };
const test = (over: object = {}) => world.call('POST', '/test', { body: { ...job, ...over } });

async function given(transport: object, state = 'enabled', over: object = {}): Promise<string> {
  const id = await world.given({ transport, state, ...over });
  await world.call('POST', `/controllers/${id}/scopes`, { body: { kind: 'installation' } });
  return id;
}

describe('a job that is tested', () => {
  it('is admitted if nobody is asked', async () => {
    await world.given({ transport: rule('true'), state: 'enabled' });
    expect(await test()).toMatchObject({ status: 200, body: { outcome: 'admitted', votes: [] } });
  });

  it('is rejected by one of two, with its reason; a disabled one answers, and does not count', async () => {
    const [yes, no, off] = [
      await given(rule('job.tier == "large"')),
      await given(rule('run.fork', 'Forks run elsewhere.')),
      await given(rule('true', 'Never.'), 'disabled'),
    ];
    const { body } = await test({ run: { fork: true, event: 'pull_request' } });
    expect(body.outcome).toBe('rejected');
    const votes = new Map(body.votes.map((vote: { controllerId: string }) => [vote.controllerId, vote]));
    expect(votes.get(yes)).toMatchObject({ vote: 'admit' });
    expect(votes.get(no)).toMatchObject({ vote: 'reject', reason: 'Forks run elsewhere.' });
    expect(votes.get(off)).toMatchObject({ vote: 'reject', state: 'disabled' });
    await world.call('DELETE', `/controllers/${no}`, { headers: { 'if-match': '*' } });
    expect((await test()).body.outcome).toBe('admitted');
  });

  it('costs what its tier costs: rules may name the price', async () => {
    await given(rule('job.price_per_hour > 0.01', 'Too dear.'));
    const { body } = await test();
    expect(body).toMatchObject({ outcome: 'rejected', votes: [{ vote: 'reject', reason: 'Too dear.' }] });
  });

  it('depends on whoever answers from outside, and on what only GitHub knows', async () => {
    await given({ kind: 'poll' });
    expect((await test()).body).toMatchObject({ outcome: 'asked', votes: [{ vote: 'asked' }] });
    await given(rule('run.fork'));
    expect((await test()).body).toMatchObject({
      outcome: 'asked',
      votes: [{ vote: 'asked' }, { vote: 'asked' }],
    });
    await given(rule('job.tier == "small"', 'Not small.'));
    expect((await test()).body.outcome).toBe('rejected');
  });

  it('is judged by the facts that it has, and is told which ones are missing', async () => {
    await given(rule('run.fork || workflow.path == "a"', 'No.'), 'enabled', { match: 'run.ref != "main"' });
    const { body } = await test({ run: { ref: 'x' } });
    expect(body.votes[0].reason).toBe(
      'It needs facts about the run that only GitHub has: give run.fork, workflow.path.',
    );
    const whole = await test({ run: { ref: 'x', fork: false }, workflow: { path: 'a' } });
    expect(whole.body).toMatchObject({ outcome: 'rejected', votes: [{ vote: 'reject', reason: 'No.' }] });
  });

  it.each([
    ['the default group', {}, {}, 'Default'],
    ['the group of its tenant', { runnerGroup: 'builds' }, {}, 'builds'],
    ['the group that it names', { runnerGroup: 'builds' }, { group: 'deploys' }, 'deploys'],
    ['no group of a tenant whose runners register with repositories', { runnerLevel: 'repository' }, {}, ''],
  ] as const)('is judged in %s', async (_, tenant, over, group) => {
    world.stores.world.editTenant(acme, tenant);
    await given(rule(`job.group == "${group}"`, 'Found.'));
    expect((await test(over)).body).toMatchObject({ outcome: 'rejected', votes: [{ reason: 'Found.' }] });
  });

  it('is left out by a match, and by an exemption', async () => {
    await given(rule('true'), 'enabled', { match: 'job.tier == "large"' });
    await given(rule('true'), 'enabled', { exemptRepositories: [7] });
    const { body } = await test();
    expect(body.outcome).toBe('admitted');
    expect(body.votes.map(({ vote }: { vote: string }) => vote).toSorted()).toEqual(['exempt', 'unmatched']);
  });

  describe('without the id of its repository', () => {
    const nameless = { repository: { name: 'ACME/app' } };
    const ofRepository = async (transport: object, over: object = {}) => {
      const id = await world.given({ transport, state: 'enabled', ...over });
      const body = { kind: 'repository', repositoryId: world.github.repositoryId('acme/app') };
      await world.call('POST', `/controllers/${id}/scopes`, { body });
    };

    it('is in the scope of its repository', async () => {
      await ofRepository(rule('repository.visibility == "private"', 'Found.'));
      expect((await test(nameless)).body).toMatchObject({
        outcome: 'rejected',
        votes: [{ reason: 'Found.' }],
      });
      expect((await test({ repository: { name: 'acme/web', id: 8 } })).body.votes).toEqual([]);
    });

    it('is exempt if its repository is', async () => {
      await given(rule('true'), 'enabled', { exemptRepositories: [world.github.repositoryId('acme/app')] });
      expect((await test(nameless)).body.votes).toMatchObject([{ vote: 'exempt' }]);
    });

    it('is an error if the installation has no such repository, and if GitHub does not say', async () => {
      await ofRepository(rule('true'));
      const wrong = await test({ repository: { name: 'acme/ap' } });
      expect(wrong).toMatchObject({ status: 422, body: { detail: expect.stringContaining('acme/ap') } });
      world.github.failNext('listRepositories', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
      expect((await test(nameless)).status).toBe(503);
    });

    it.each(['forbidden', 'not-found'] as const)(
      'is an error that names no wrong repository if GitHub refuses the list: %s',
      async (kind) => {
        await ofRepository(rule('true'));
        world.github.failNext('listRepositories', { refusal: { kind, message: 'Suspended.' } });
        expect(await test(nameless)).toMatchObject({
          status: 422,
          body: {
            code: 'repositories-not-listed',
            detail: expect.stringMatching(/^GitHub refused to list .* or give the id of ACME\/app too\.$/),
          },
        });
      },
    );

    it('is tested without GitHub if no controller names a repository', async () => {
      await given(rule('true'));
      world.github.failNext('listRepositories', { refusal: { kind: 'limited', retryAfterSeconds: 60 } });
      expect((await test(nameless)).body.outcome).toBe('rejected');
    });
  });

  it('meets the operator’s controllers too, and sees only that they reject', async () => {
    const wide = [givenScope({ kind: 'installation' })];
    const silent = givenController({ state: 'enabled', scopes: wide });
    const dry = givenRules({ id: 'ctl_2', state: 'dry_run' }, 'true');
    const failing = givenRules({ id: 'ctl_3' }, 'job.id / 0 == 1');
    const large = givenRules({ id: 'ctl_4' }, 'job.tier == "medium"');
    await putPlatformControllers(world.stores.controllers, silent, dry, failing, large);
    expect((await test()).body).toEqual({ outcome: 'admitted', votes: [] });
    const vote = { controllerId: 'operator', installationId: 0, state: 'enabled', vote: 'reject' };
    expect((await test({ tier: 'medium' })).body).toEqual({
      outcome: 'rejected',
      votes: [{ ...vote, reason: 'rule 1' }],
    });
  });

  it('changes and records nothing', async () => {
    await given(rule('true'));
    const before = JSON.stringify([...world.stores.world.rows.controllers], replaceUse);
    await test();
    expect(JSON.stringify([...world.stores.world.rows.controllers], replaceUse)).toBe(before);
    expect(world.stores.world.rows.decisions.size).toBe(0);
  });

  it.each([
    [{ tier: 'huge' }, 422],
    [{ tier: undefined }, 400],
    [{ repository: 'acme/app' }, 400],
  ])('with %j is a %i', async (over, status) => {
    expect((await test(over)).status).toBe(status);
  });
});

const replaceUse = (name: string, value: unknown) => (name === 'lastUsedAt' ? undefined : value);
