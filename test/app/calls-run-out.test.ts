/** A visit of the reconciler ends quietly wherever GitHub takes no more calls: that is no failure, and the next one goes on. */
import { expect, it } from '@jest/globals';
import { visitNote } from '../../lib/app/reconciler/reconcile-tenants.ts';
import { JobId } from '../../lib/core/ids.ts';
import { memoryRepositoryId } from '../fakes/github-state.ts';
import { givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenTenant, noon } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const labels = ['self-hosted', 'small'];
const repositories = Array.from({ length: 9 }, (_, n) => `r${n}`);
const idOf = (name: string) => memoryRepositoryId(`acme/${name}`);

/** A tenant for which a visit has something to do in each of its parts. */
async function givenBusy() {
  const kept = { runnerGroup: 'builds', keepsRunnerGroup: true, allowedRepositories: [idOf('r1')] };
  const platform = await givenPlatform({ tenants: [givenTenant({ ...kept, maxRunners: 1 })] });
  const { github } = platform;
  const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
  github.putInstallation(acme, { ...account, suspended: false, repositories });
  github.listing.pageSize = 4;
  const group = { id: 7, name: 'builds', visibility: 'selected', allowsPublicRepositories: false } as const;
  github.putGroup(acme, { ...group, selectedRepositoryIds: [] });
  const targets = repositories.map((name) => ({ kind: 'repository', repositoryId: idOf(name) }) as const);
  const scopes = [{ kind: 'group', group: 'gone' } as const, ...targets].map(givenScope);
  await putControllers(platform.controllers, givenRules({ scopes }, 'false'));
  const queued = { status: 'queued', conclusion: null, runnerName: null } as const;
  for (const id of [1, 2, 3]) {
    const event = { jobId: JobId(id), runId: id, repository: 'acme/r1', repositoryId: idOf('r1') };
    await platform.accept(givenEvent(event));
    github.putJob('acme/r1', JobId(id), queued, { runId: id, labels });
  }
  github.putJob('acme/r8', JobId(9), queued, { runId: 9, labels, createdAt: noon });
  const stranger = 'i-0aaaaaaaaaaaaaaaa';
  const scope = { kind: 'organization', organization: 'acme' } as const;
  const registration = { installationId: acme, scope, name: stranger, labels, busy: false, online: false };
  github.registrations.set(`acme: ${stranger}`, registration);
  platform.clock.advance(11 * 60_000);
  const expiresAt = platform.clock.now() + 3_600_000;
  const value = { strangers: [stranger], backlog: {} };
  await platform.notes.write(visitNote(acme), { value, expiresAt });
  return platform;
}

it('a run never fails, whichever call is the last that GitHub accepts, and a later run adopts the job', async () => {
  for (let calls = 0; calls <= 70; calls += 1) {
    const platform = await givenBusy();
    platform.github.setBudget(acme, { calls, retryAfterSeconds: 600 });
    await platform.reconcile();
    platform.github.setBudget(acme, { calls: 10_000, retryAfterSeconds: 0 });
    platform.clock.advance(11 * 60_000);
    for (let visits = 0; visits < 3; visits += 1) await platform.reconcile();
    const adopted = platform.queues.tiers.map(({ message }) => 'jobId' in message && message.jobId);
    expect([calls, adopted]).toEqual([calls, expect.arrayContaining([JobId(9)])]);
  }
});
