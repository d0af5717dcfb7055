/**
 * Limits under a burst, watched from EC2's own events: no tenant ever has more machines than it may, in all or in a
 * tier, while webhooks come twice and late, and while a tenant leaves in the middle of its burst.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { goneApartSeconds } from '../../lib/app/common/settings.ts';
import { createLedger, type Ledger } from '../../lib/local/demo/ledger.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { expectNoSecondSet } from './support/expect-no-second-set.ts';
import { until } from './support/until.ts';
import {
  type Account,
  endlessMilliseconds,
  heldLeases,
  reasonOf,
  startWorld,
  tierLabels,
  type World,
} from './support/world.ts';

const tierCaps = { small: 2, medium: 5, large: 10 };

describe('limits', () => {
  let world: World;
  let ledger: Ledger | undefined;
  beforeAll(async () => {
    world = await startWorld({ onEvent: (event) => ledger?.note(event) });
    ledger = createLedger({
      tierCaps,
      machine(instanceId) {
        const tags = world.laptop.ec2.instances().find((each) => each.instanceId === instanceId)?.tags;
        return tags && { tenant: tags.get('ghr:tenant_id') ?? '', tier: tags.get('ghr:tenant_tier') ?? '' };
      },
    });
  });
  afterAll(() => world?.close());

  async function member(login: string, { limit, user = false }: { limit: number; user?: boolean }) {
    const account = await world.install(login, { maxRunners: limit, user });
    ledger?.open({ login, installationId: account.installationId, limit });
    return account;
  }

  const liveOf = ({ installationId }: Account) =>
    world.laptop.ec2
      .instances()
      .filter(
        ({ tags, state }) => tags.get('ghr:tenant_id') === `${installationId}` && state !== 'terminated',
      );

  it('hold for each tenant and tier through a burst with duplicate and late webhooks', async () => {
    const limits = [4, 2, 2];
    const accounts = [
      await member('acme', { limit: 4 }),
      await member('globex', { limit: 2 }),
      await member('octavia', { limit: 2, user: true }),
    ];
    const webhooks = { duplicateProbability: 0.3, delayProbability: 0.3, delayMs: 400 };
    world.laptop.github.setDials({ webhooks });

    const burst = (account: Account, jobs: number, milliseconds: number) =>
      Array.from({ length: jobs / 2 }, () =>
        ['small', 'medium'].map((tier) => world.queue(account, tierLabels(tier), milliseconds)),
      ).flat();
    const long = accounts.flatMap((account, n) => burst(account, limits[n]!, endlessMilliseconds));
    const short = accounts.flatMap((account, n) => burst(account, 8 - limits[n]!, 100 + 50 * n));
    const jobIds = [...long, ...short];
    // All of these run at once: the short ones are in the line with them, and go on or wait.
    await world.untilRunning(long);
    for (const jobId of long) world.laptop.github.cancelJob(jobId);
    await world.untilCompleted(jobIds);
    await world.untilRest();

    world.laptop.github.setDials({ webhooks: { duplicateProbability: 0, delayProbability: 0 } });
    expect(ledger?.invariantsBroken).toEqual([]);
    const most = [...(ledger?.accounts.values() ?? [])].map(({ mostRunnersAtOnce }) => mostRunnersAtOnce);
    expect(most).toEqual(limits);
    const bought = world.laptop.ec2.instances().map(({ instanceId }) => instanceId);
    await expectNoSecondSet(world, { jobIds, bought });
  });

  describe('of a tenant that leaves in the middle of its burst', () => {
    let initech: Account;
    let jobIds: number[];

    it('free its leases: its waiting jobs are refused with the reason, its machines end', async () => {
      initech = await member('initech', { limit: 3 });
      const queueThree = () =>
        [1, 2, 3].map(() => world.queue(initech, tierLabels('medium'), endlessMilliseconds));
      jobIds = queueThree();
      await world.untilRunning(jobIds);
      jobIds.push(...queueThree());
      for (const jobId of nonEmpty(jobIds.slice(3))) {
        await world.untilJob(initech, jobId, { state: 'waiting', reason: 'tenant-limit' });
      }

      world.laptop.github.uninstall(initech.installationId);

      for (const jobId of nonEmpty(jobIds.slice(3))) {
        const row = await world.untilJob(initech, jobId, { state: 'done', reason: 'tenant-deleted' });
        expect(row).toMatchObject({ outcome: 'refused' });
      }
      await until('its machines are gone', () => liveOf(initech).length === 0);
      const noLease = async () => heldLeases(await world.tenant(initech)) === 0;
      await until('its leases are back', noLease, { seen: () => world.tenant(initech) });
    });

    it('leave no job open: those whose machines ended are closed by the sweep', async () => {
      // Only the look at what ran on these machines is left, which comes ten minutes later.
      await world.untilIdle();
      for (const jobId of nonEmpty(jobIds.slice(0, 3))) {
        expect(await world.job(initech, jobId)).toHaveProperty('unsettled_at');
        const key = { installation_id: initech.installationId, job_id: jobId };
        // The sweep gives GitHub a minute to report the end; the operator makes that minute pass.
        await world.operator.edit('jobs', key, { unsettled_at: Date.now() - 61_000 });
      }
      await world.sweep();
      // GitHub shows nothing of an App that is not installed; it is believed when it has said so for some minutes.
      for (const jobId of nonEmpty(jobIds.slice(0, 3))) {
        const key = { installation_id: initech.installationId, job_id: jobId };
        expect(await world.job(initech, jobId)).toMatchObject({ state: 'running' });
        await world.operator.edit('jobs', key, { gone_at: Date.now() - (goneApartSeconds + 1) * 1000 });
      }
      await world.sweep();
      for (const jobId of jobIds.slice(0, 3)) await world.untilJob(initech, jobId, { state: 'done' });
      await world.untilRest();
    });

    it('are inherited when the account installs the App again', async () => {
      // Whatever is still queued on GitHub would be given to the new installation's machines.
      for (const jobId of jobIds) world.laptop.github.cancelJob(jobId);
      const again = {
        login: 'initech',
        ...world.laptop.github.install({ login: 'initech', repositories: ['app'] }),
      };
      ledger?.open({ login: 'initech again', installationId: again.installationId, limit: 3 });
      await until('the new installation is a tenant', async () => (await world.tenant(again)) !== undefined);
      expect(await world.tenant(again)).toMatchObject({ status: 'active', tier: 'small', max_runners: 3 });
      expect(again.installationId).not.toBe(initech.installationId);

      const jobId = world.queue(again, tierLabels('medium'));
      await world.untilCompleted([jobId]);
      await world.untilRest();
      expect(reasonOf(await world.job(initech, jobIds[3] ?? 0))).toBe('tenant-deleted');
      expect(ledger?.invariantsBroken).toEqual([]);
    });
  });
});
