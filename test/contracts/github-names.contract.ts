/** What every GitHub port does with names that have changed, and with what was transferred. */
import { describe, expect, it } from '@jest/globals';
import { type GivenGitHub, organization } from './support/github-world.ts';

export function githubNamesContract({ world, acme, request }: GivenGitHub): void {
  describe('names that have changed', () => {
    const idOf = async (name: string) => {
      const answer = await world().github.listRepositories(acme());
      const found = answer.ok ? answer.value.items.find(({ fullName }) => fullName === name) : undefined;
      if (!found) throw new Error(`no ${name}`);
      return found.id;
    };

    it.each([
      ['gone', false],
      ['redirect', true],
    ] as const)('answers a former name of an account with: %s', async (answer, leadsOn) => {
      const jobId = world().queueJob('acme/app');
      const id = await idOf('acme/app');
      world().setFormerNames(answer);
      world().renameAccount(acme(), 'acme-inc');

      expect(await world().github.getJob(acme(), 'acme/app', jobId)).toMatchObject({ ok: leadsOn });
      expect(await world().github.createJitConfig(request())).toMatchObject({ ok: leadsOn });
      expect(await world().github.removeRunner(acme(), organization, 'i-0001')).toMatchObject(
        leadsOn ? { value: 'removed' } : { refusal: { kind: 'not-found' } },
      );
      expect(await world().github.getJob(acme(), 'acme-inc/app', jobId)).toMatchObject({ ok: true });
      const now = { id, fullName: 'acme-inc/app' };
      expect(await world().github.getRepository(acme(), id)).toMatchObject({ ok: true, value: now });
    });

    it.each([
      ['gone', false],
      ['redirect', true],
    ] as const)('answers a former name of a repository with: %s', async (answer, leadsOn) => {
      const jobId = world().queueJob('acme/app', 77);
      const id = await idOf('acme/app');
      world().setFormerNames(answer);
      world().renameRepository(acme(), 'app', 'web');

      expect(await world().github.getJob(acme(), 'acme/app', jobId)).toMatchObject({ ok: leadsOn });
      const runs = await world().github.listRuns(acme(), 'acme/app', 'queued');
      expect(runs).toMatchObject(leadsOn ? { value: { items: [{ runId: 77 }] } } : { ok: false });
      const scope = { kind: 'repository', owner: 'acme', repository: 'app' } as const;
      // The token is restricted by the repository's name, and a token request is not redirected.
      expect(await world().github.createJitConfig(request({ scope }))).toMatchObject({ ok: false });
      const now = { id, fullName: 'acme/web' };
      expect(await world().github.getRepository(acme(), id)).toMatchObject({ ok: true, value: now });
    });

    it.each(['gone', 'redirect'] as const)(
      'does not show what was transferred, by name or by id: %s',
      async (answer) => {
        const jobId = world().queueJob('acme/app');
        const id = await idOf('acme/app');
        world().setFormerNames(answer);
        world().transferRepository(acme(), 'app', 'elsewhere');

        const refused = { ok: false, refusal: { kind: 'not-found' } };
        expect(await world().github.getJob(acme(), 'acme/app', jobId)).toMatchObject(refused);
        expect(await world().github.getRepository(acme(), id)).toMatchObject(refused);
      },
    );
  });

  it('shows what is public to everyone, also once it was transferred', async () => {
    const jobId = world().queueJob('acme/app', 77);
    const listed = await world().github.listRepositories(acme());
    const before = listed.ok ? listed.value.items[0] : undefined;
    world().setPublic('acme/app');
    world().setFormerNames('redirect');
    world().transferRepository(acme(), 'app', 'elsewhere');

    expect(await world().github.getJob(acme(), 'acme/app', jobId)).toMatchObject({
      value: { status: 'queued' },
    });
    expect(await world().github.getRun(acme(), 'acme/app', 77)).toMatchObject({
      value: { completed: false },
    });
    const now = await world().github.getRepository(acme(), before!.id);
    expect(now).toMatchObject({ value: { fullName: 'elsewhere/app', visibility: 'public' } });
    expect(now.ok && now.value.ownerId).not.toBe(before!.ownerId);
    expect(await world().github.listRepositories(acme())).toMatchObject({ value: { items: [] } });
  });
}
