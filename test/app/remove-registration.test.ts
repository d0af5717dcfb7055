/** The registration of a machine is removed by the name that it was made under, and where its account or repository is now. */
import { describe, expect, it } from '@jest/globals';
import { removeRegistration } from '../../lib/app/common/remove-registration.ts';
import { InstanceId, runnerNameOf } from '../../lib/core/ids.ts';
import type { Runner } from '../../lib/core/runner.ts';
import type { Answer, GitHub } from '../../lib/ports/github.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { acme, acmeAccount, givenJob } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const instanceId = InstanceId('i-0123456789abcdef0');
const scope = { kind: 'organization', organization: 'acme' } as const;

async function given(...names: readonly string[]) {
  const platform = await givenPlatform();
  for (const name of names) {
    const request = { installationId: acme, scope, name, labels: ['small'], runnerGroupId: 1 };
    await platform.github.createJitConfig(request);
  }
  const remove = (gated: boolean) =>
    removeRegistration(platform, givenRunner({ instanceId, ...(gated ? { gated } : {}) }));
  const left = () => [...platform.github.registrations.values()].map(({ name }) => name);
  return { remove, left };
}

describe('the registration of a machine', () => {
  it.each([true, false])('is removed, and no other of its machine, with a gate: %s', async (gated) => {
    const names = [true, false].map((one) => runnerNameOf(instanceId, one));
    const { remove, left } = await given(...names);

    expect(await remove(gated)).toMatchObject({ value: 'removed' });
    expect(left()).toEqual([runnerNameOf(instanceId, !gated)]);
  });

  it('is found under the plain name if an earlier version made it for a machine with a gate', async () => {
    const { remove, left } = await given(instanceId);

    expect(await remove(true)).toMatchObject({ value: 'removed' });
    expect(left()).toEqual([]);
  });
});

describe('a registration that GitHub does not find', () => {
  const ok = <Value>(value: Value) => ({ ok: true, value }) as const;
  const refused = (kind: 'not-found' | 'forbidden', message: string) =>
    ({ ok: false, refusal: { kind, message } }) as const;
  const absentHere = refused('not-found', 'No such place.');
  const account = (accountLogin: string) => ok({ ...acmeAccount, accountLogin });
  const repository = (fullName: string, ownerId = 1) => ok({ id: 11, fullName, ownerId });
  const limited = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } } as const;
  const ofRepository: Partial<Runner> = { account: { login: 'acme', type: 'User' } };

  interface Says {
    /** Where the registration is; elsewhere GitHub finds nothing, or says this. */
    readonly at?: string;
    readonly elsewhere?: unknown;
    readonly account?: unknown;
    readonly repository?: unknown;
  }

  /** Its job is in the repository of the id 11. */
  async function removal(says: Says, over: Partial<Runner> = {}) {
    const asked: string[] = [];
    const github = {
      removeRunner: async (
        _id: unknown,
        at: { organization?: string; owner?: string; repository?: string },
      ) => {
        const place = at.organization ?? `${at.owner}/${at.repository}`;
        asked.push(place);
        return place === says.at ? ok('removed') : (says.elsewhere ?? absentHere);
      },
      getInstallation: async () => says.account ?? account('acme'),
      getRepository: async () => says.repository ?? repository('acme/app'),
    } as unknown as GitHub;
    const { world, jobs } = createMemoryStores();
    world.rows.jobs.set(`${acme}/1`, givenJob({ repositoryId: 11 }));
    const answer: Answer<unknown> = await removeRegistration({ github, jobs }, givenRunner(over));
    return { answer, asked };
  }

  it('is removed from an organization that was renamed', async () => {
    const { answer, asked } = await removal({ at: 'acme-inc', account: account('acme-inc') });
    expect({ answer, asked }).toEqual({ answer: ok('removed'), asked: ['acme', 'acme-inc'] });
  });

  it.each([
    ['the repository', { at: 'acme/web', repository: repository('acme/web') }],
    [
      'its account',
      { at: 'acme-inc/app', account: account('acme-inc'), repository: repository('acme-inc/app') },
    ],
  ])('is removed from a repository if %s was renamed', async (_, says) => {
    const { answer, asked } = await removal(says, ofRepository);
    expect({ answer, asked }).toEqual({ answer: ok('removed'), asked: ['acme/app', says.at] });
  });

  it.each<[string, Says, Partial<Runner>, unknown]>([
    ['the organization has the same name', { account: account('Acme') }, {}, absentHere],
    ['the repository has the same name', { repository: repository('Acme/App') }, ofRepository, absentHere],
    ['the installation is gone', { account: refused('not-found', 'Gone.') }, {}, absentHere],
    ['the repository is gone', { repository: refused('not-found', 'Gone.') }, ofRepository, absentHere],
    [
      'another account has the repository now',
      { repository: repository('b/app', 2) },
      ofRepository,
      absentHere,
    ],
    ['GitHub does not name the account', { account: limited }, {}, limited],
    ['GitHub does not name the repository', { repository: limited }, ofRepository, limited],
  ])('is searched for once where %s', async (_, says, over, expected) => {
    const { answer, asked } = await removal(says, over);
    expect(answer).toEqual(expected);
    expect(asked).toHaveLength(1);
  });

  it('is not searched elsewhere if GitHub refuses for another reason', async () => {
    const says = { elsewhere: refused('forbidden', 'No.'), account: account('acme-inc'), at: 'acme-inc' };
    const { answer, asked } = await removal(says);
    expect({ answer, asked }).toEqual({ answer: refused('forbidden', 'No.'), asked: ['acme'] });
  });

  it.each([
    [true, ok('absent'), 2],
    [true, ok('busy'), 1],
    [false, ok('absent'), 1],
  ])('with a gate (%j) and the answer %j is requested under %i names', async (gated, elsewhere, names) => {
    const { answer, asked } = await removal({ elsewhere }, gated ? { gated } : {});
    expect(answer).toEqual(elsewhere);
    expect(asked).toHaveLength(names);
  });
});
