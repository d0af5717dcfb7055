/**
 * What no event and no deadline would ever repair: webhooks that reached nobody, machines and registrations that no record
 * names, leases that lost their machine. The reconciler is fired as its schedule does, and repairs them within its own
 * permissions.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { givenApp } from '../../lib/adapters/github/app-client.ts';
import { createGitHub } from '../../lib/adapters/github/github.ts';
import { unknownProofSeconds } from '../../lib/app/common/settings.ts';
import { visitNote } from '../../lib/app/reconciler/reconcile-tenants.ts';
import { unknownNote } from '../../lib/app/tenants/note-unknown.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import defaultConfig from '../../mayfly.config.ts';
import type { PlainRow } from './support/operator.ts';
import { until } from './support/until.ts';
import {
  type Account,
  endlessMilliseconds,
  heldLeases,
  startWorld,
  tierLabels,
  type World,
} from './support/world.ts';

describe('the reconciler', () => {
  let world: World;
  let acme: Account;
  beforeAll(async () => {
    const limits = { ...defaultConfig.limits, bootSeconds: 60 };
    world = await startWorld({ config: { ...defaultConfig, limits } });
    acme = await world.install('acme', { maxRunners: 5 });
  });
  afterAll(() => world?.close());

  const repairs = (kind: string) => world.logged('repair').filter((line) => line['kind'] === kind);

  it('has lost webhooks delivered, and the jobs run', async () => {
    world.laptop.github.setDials({ webhooks: { loseProbability: 1 } });
    const jobIds = [1, 2, 3].map(() => world.queue(acme, tierLabels('medium')));
    await until('three deliveries failed', () => world.laptop.github.state().deliveries.failed === 3);
    world.laptop.github.setDials({ webhooks: { loseProbability: 0 } });

    await world.reconcile();

    expect(repairs('webhook-redelivered')).toHaveLength(3);
    await world.untilCompleted(jobIds);
    await world.untilRest();
    await world.reconcile();
    expect(repairs('webhook-redelivered')).toHaveLength(3);
  });

  it('ends a machine whose row has ended, and corrects a count that differs from the rows', async () => {
    const jobId = world.queue(acme, tierLabels('small'), endlessMilliseconds);
    await world.untilRunning([jobId]);
    await world.untilQuiet();
    const name = world.laptop.github.state().jobs.find(({ id }) => id === jobId)?.runnerName ?? '';
    const key = { instance_id: name };
    await world.operator.edit('runners', key, { state: 'ended', ended_at: Date.now() - 600_000 });

    await world.reconcile();

    expect(repairs('machine-ended-again')).toHaveLength(1);
    // The row was edited past the platform, so its lease is still counted; that stood so for more than an hour.
    expect(heldLeases(await world.tenant(acme))).toBe(1);
    const visit = { name: visitNote(InstallationId(acme.installationId)) };
    const marks = JSON.parse(String((await world.operator.row('notes', visit))?.['value']));
    marks.difference.at = 0;
    await world.operator.edit('notes', visit, { value: JSON.stringify(marks) });
    await world.reconcile();
    expect(repairs('lease-count-corrected')).toMatchObject([{ installationId: acme.installationId }]);
    expect(heldLeases(await world.tenant(acme))).toBe(0);
    world.laptop.github.cancelJob(jobId);
    await world.untilJob(acme, jobId, { state: 'done' });
    await world.untilQuiet();
  });

  it('removes a registration without a machine when it is seen for the second time', async () => {
    const github = createGitHub({
      apiUrl: world.laptop.github.url,
      app: givenApp({
        appId: String(world.laptop.github.appId),
        privateKey: world.laptop.github.privateKeyPem,
      }),
      clock: { now: Date.now, sleep: async () => undefined },
    });
    const name = `i-${'a'.repeat(17)}`;
    const scope = { kind: 'organization', organization: 'acme' } as const;
    const installationId = InstallationId(acme.installationId);
    await github.createJitConfig({ installationId, scope, name, labels: ['linux'], runnerGroupId: 1 });
    const isThere = () => world.laptop.github.state().runners.some((runner) => runner.name === name);

    await world.reconcile();
    expect(isThere()).toBe(true);
    await world.reconcile();

    expect(repairs('registration-removed')).toMatchObject([{ instanceId: name }]);
    expect(isThere()).toBe(false);
  });

  it('was allowed all of its calls, and found nothing else to repair', async () => {
    expect(world.trouble()).toEqual([]);
    // A claim asks GitHub about its job if another machine has just taken that one, and its start is still on its way.
    const isByClaim = ({ kind, loggedBy }: PlainRow) =>
      kind === 'job-found-in_progress' && loggedBy === 'test-claim';
    const others = world.logged('repair').filter((line) => !isByClaim(line));
    const kinds = new Set(others.map(({ kind }) => kind));
    const expected = [
      'lease-count-corrected',
      'machine-ended-again',
      'registration-removed',
      'webhook-redelivered',
    ];
    expect([...kinds].sort()).toEqual(expected);
  });
});

describe('the reconciler, if GitHub redelivers nothing', () => {
  let world: World;
  let acme: Account;
  beforeAll(async () => {
    world = await startWorld();
    acme = await world.install('acme', { maxRunners: 0 });
  });
  afterAll(() => world?.close());

  async function loseAllOf(act: () => void) {
    const failed = world.laptop.github.state().deliveries.failed;
    const broken = { route: 'POST /app/hook/deliveries/*', status: 500 };
    world.laptop.github.setDials({ webhooks: { loseProbability: 1 }, faults: [broken] });
    act();
    await until('the webhook was lost', () => world.laptop.github.state().deliveries.failed > failed);
    await world.reconcile();
  }

  it('learns from GitHub itself that a waiting job is over', async () => {
    const jobId = world.queue(acme, tierLabels('small'));
    await world.untilJob(acme, jobId, { state: 'waiting', reason: 'tenant-limit' });
    const key = { installation_id: acme.installationId, job_id: jobId };
    await world.operator.edit('jobs', key, { accepted_at: Date.now() - 700_000 });

    await loseAllOf(() => world.laptop.github.cancelJob(jobId));

    const row = await world.untilJob(acme, jobId, { state: 'done' });
    expect(row).toMatchObject({ outcome: 'cancelled', conclusion: 'cancelled' });
  });

  it('has the tenant manager ask about an installation that GitHub refuses', async () => {
    await loseAllOf(() => world.laptop.github.uninstall(acme.installationId));

    // GitHub's first answer is no proof: it is asked again some minutes later. The operator makes them pass.
    const asksLater = () => world.laptop.queues.counts('my-saas-installations').delayed > 0;
    await until('it is to be asked again', asksLater);
    await world.untilIdle();
    expect(await world.tenant(acme)).toMatchObject({ status: 'active' });
    const firstAnswer = { name: unknownNote(InstallationId(acme.installationId)) };
    const value = JSON.stringify({ since: Date.now() - unknownProofSeconds * 1000 });
    await world.operator.edit('notes', firstAnswer, { value });
    await world.reconcile();

    const isDeleted = async () => (await world.tenant(acme))?.['status'] === 'deleted';
    await until('the tenant is deleted', isDeleted);
    await world.untilRest();
    const denied = world.events.filter(({ kind }) => kind === 'denied');
    expect(denied).toEqual([]);
  });
});
