/** What every GitHub port promises about installations, and about the registration of runners. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { JitRequest } from '../../lib/ports/github.ts';
import { type GivenGitHub, labels, organization } from './support/github-world.ts';

const unknown = InstallationId(404);

export function githubRegistrationsContract({
  world,
  acme,
  request,
  register,
  busyRunner,
}: GivenGitHub): void {
  describe('installations', () => {
    it('returns who has installed the App', async () => {
      const answer = await world().github.getInstallation(acme());

      expect(answer).toEqual({
        ok: true,
        value: {
          accountId: expect.any(Number),
          accountLogin: 'acme',
          accountType: 'Organization',
          suspended: false,
          permissions: expect.objectContaining({ organization_self_hosted_runners: 'write' }),
        },
      });
    });

    it('shows a suspended one as suspended, and registers nothing for it', async () => {
      world().suspend(acme());

      expect(await world().github.getInstallation(acme())).toMatchObject({ value: { suspended: true } });
      expect(await world().github.createJitConfig(request())).toMatchObject({
        refusal: { kind: 'forbidden' },
      });
      expect(world().registrations()).toEqual([]);
    });

    it('does not find one that is unknown or gone', async () => {
      world().uninstall(acme());

      for (const installationId of [unknown, acme()]) {
        const refused = { ok: false, refusal: { kind: 'not-found' } };
        expect(await world().github.getInstallation(installationId)).toMatchObject(refused);
        expect(await world().github.createJitConfig(request({ installationId }))).toMatchObject(refused);
      }
    });
  });

  describe('registrations', () => {
    it('registers a runner of the organization with its labels', async () => {
      const jitConfig = await register();

      expect(jitConfig).toMatch(/^[A-Za-z0-9+/]+=*$/);
      expect(world().registrations()).toEqual([{ name: 'i-0001', labels }]);
    });

    it('registers a runner of a repository of a user', async () => {
      const installationId = world().install({ login: 'joan', type: 'User', repositories: ['toys'] });

      await register({ installationId, scope: { kind: 'repository', owner: 'joan', repository: 'toys' } });

      expect(world().registrations()).toHaveLength(1);
    });

    it.each<[string, Partial<JitRequest>, string]>([
      ['no labels', { labels: [] }, 'invalid'],
      ['101 labels', { labels: Array.from({ length: 101 }, (_, n) => `l${n}`) }, 'invalid'],
      ['a name of 65 characters', { name: 'n'.repeat(65) }, 'invalid'],
      ['an unknown runner group', { runnerGroupId: 99 }, 'invalid'],
      [
        'a repository that is not installed',
        { scope: { kind: 'repository', owner: 'acme', repository: 'x' } },
        'not-found',
      ],
      ['another organization', { scope: { kind: 'organization', organization: 'other' } }, 'not-found'],
    ])('refuses %s', async (_title, given, kind) => {
      const answer = await world().github.createJitConfig(request(given));

      expect(answer).toMatchObject({ ok: false, refusal: { kind } });
      expect(world().registrations()).toEqual([]);
    });

    it('replaces an idle registration of the same name', async () => {
      const first = await register();

      const second = await register({ labels: ['other'] });

      expect(second).toEqual(expect.any(String));
      expect(first).toEqual(expect.any(String));
      expect(world().registrations()).toEqual([{ name: 'i-0001', labels: ['other'] }]);
    });

    it('registers again after an answer was lost', async () => {
      world().loseNextRegistrationAnswer();
      await expect(register()).rejects.toThrow(OperationalError);

      await register();

      expect(world().registrations()).toHaveLength(1);
    });

    it('does not replace a busy runner’s registration', async () => {
      await busyRunner();

      const answer = await world().github.createJitConfig(request({ labels: ['other'] }));

      expect(answer).toMatchObject({ ok: false, refusal: { kind: 'invalid' } });
      expect(world().registrations()).toEqual([{ name: 'i-0001', labels }]);
    });
  });

  describe('removal', () => {
    const remove = () => world().github.removeRunner(acme(), organization, 'i-0001');

    it('removes an idle registration, and then finds it absent', async () => {
      await register();

      expect(await remove()).toMatchObject({ ok: true, value: 'removed' });
      expect(await remove()).toMatchObject({ ok: true, value: 'absent' });
      expect(world().registrations()).toEqual([]);
    });

    it('keeps a runner that is busy', async () => {
      await busyRunner();

      expect(await remove()).toMatchObject({ ok: true, value: 'busy' });
      expect(world().registrations()).toHaveLength(1);
    });
  });
}
