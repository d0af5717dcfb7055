/** What every GitHub port reports of the calls that GitHub still accepts. */
import { expect, it } from '@jest/globals';
import type { RunnerScope } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import { type GivenGitHub, organization } from './support/github-world.ts';

export function githubLimitsContract({ world, acme, request, register }: GivenGitHub): void {
  it('reports with each answer the remaining calls of the hour', async () => {
    world().leave(acme(), 1000);

    const answers = [
      await world().github.listRunners(acme(), organization),
      await world().github.removeRunner(acme(), organization, 'i-0001'),
      await world().github.getJob(acme(), 'acme/app', JobId(1)),
    ];

    const left = answers.map((answer) => answer.budgets?.core?.remaining ?? Number.NaN);
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(left[0]).toBe(999);
    expect(answers[2]?.budgets?.core).toMatchObject({ limit: 5000, resetsAt: expect.any(Number) });
  });

  it('reports when to retry once the calls of an hour are used up, to this installation alone', async () => {
    const others = world().install({ login: 'other', type: 'Organization', repositories: ['theirs'] });
    world().exhaust(acme());

    const answer = await world().github.listRunners(acme(), organization);

    expect(answer).toMatchObject({
      ok: false,
      refusal: { kind: 'limited', retryAfterSeconds: expect.any(Number), resource: 'core' },
    });
    const seconds = answer.ok || answer.refusal.kind !== 'limited' ? 0 : answer.refusal.retryAfterSeconds;
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3601);
    const scope: RunnerScope = { kind: 'organization', organization: 'other' };
    await register({ installationId: others, scope });
  });

  it('counts registrations apart: neither uses up the other', async () => {
    const resource = 'actions_runner_registration';
    world().exhaust(acme());
    expect(await world().github.createJitConfig(request())).toMatchObject({ ok: true });

    const others = world().install({ login: 'other', type: 'Organization', repositories: ['theirs'] });
    const scope: RunnerScope = { kind: 'organization', organization: 'other' };
    world().exhaust(others, resource);
    expect(await world().github.listRunners(others, scope)).toMatchObject({ ok: true });
    const refused = await world().github.createJitConfig({ ...request(), installationId: others, scope });
    expect(refused).toMatchObject({ refusal: { kind: 'limited', resource } });
  });
}
