/**
 * What an operator writes into a tenant's row with `update-item` stays, however its writes interleave with those of
 * the tenant manager. A tenant that suspends, renames, uninstalls and reinstalls itself all the while does not lift a
 * ban that way.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { TenantStore } from '../../lib/ports/tenants.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { acme, givenDeployment, medium, noon, permissions, small } from '../support/given.ts';
import { fc } from '../support/properties.ts';
import type { OperatorEdit, StoreBackend, Stores } from './support/store-backends.ts';
import { newTenant } from './support/stored.ts';

const account = { accountId: 1, accountType: 'Organization', permissions } as const;

/** What happens before the tenant manager's next call to the store. */
type Act =
  | { readonly by: 'operator'; readonly edit: OperatorEdit }
  | { readonly by: 'tenant'; readonly does: 'suspend' | 'unsuspend' | 'rename' | 'reinstall' }
  | { readonly by: 'nobody' };

const edits: fc.Arbitrary<OperatorEdit> = fc.oneof(
  fc.constantFrom<OperatorEdit>(
    { status: 'suspended' },
    { status: 'suspended', suspendedBy: 'operator' },
    { status: 'active' },
    { status: 'active', suspendedBy: null },
  ),
  fc.record({ tier: fc.constantFrom(small, medium), maxRunners: fc.nat(9) }),
  fc.record({ allowedTiers: fc.constantFrom([small], [small, medium]) }),
  fc.record({ weight: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ tierLimits: fc.nat(9).map((limit) => new Map([[small, limit]])) }),
  fc.record({ runnerGroup: fc.constantFrom('builds', 'others') }),
);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ by: fc.constant('operator' as const), edit: edits }),
  fc.record({
    by: fc.constant('tenant' as const),
    does: fc.constantFrom('suspend', 'unsuspend', 'suspend', 'unsuspend', 'rename', 'reinstall'),
  }),
  fc.constant<Act>({ by: 'nobody' }),
);

export function operatorEditsContract(backend: StoreBackend, numRuns: number): void {
  describe(`An operator’s edit ${backend.name}`, () => {
    beforeAll(() => backend.start());
    afterAll(() => backend.stop());

    it('is kept, at whatever point among the tenant manager’s writes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 40 }), async (acts) => {
          const story = await tellStory(await backend.fresh(), acts);
          expect(story.found).toEqual(story.wanted);
        }),
        { numRuns },
      );
    });
  });
}

async function tellStory(stores: Stores, acts: readonly Act[]) {
  const github = createMemoryGitHub();
  const now = { installationId: acme, suspended: false, renames: 0 };
  const written: OperatorEdit[] = [];
  const left = [...acts];
  let isQuiet = false;
  await stores.tenants.create(newTenant());
  putNow();

  function putNow() {
    const { installationId, suspended, renames } = now;
    github.putInstallation(installationId, { ...account, accountLogin: `acme-${renames}`, suspended });
  }

  function tenantDoes(does: 'suspend' | 'unsuspend' | 'rename' | 'reinstall') {
    if (does === 'reinstall') {
      github.deleteInstallation(now.installationId);
      now.installationId = InstallationId(now.installationId + 1);
      now.suspended = false;
    } else if (does === 'rename') now.renames += 1;
    else now.suspended = does === 'suspend';
    putNow();
  }

  /** The operator edits the row of the current installation; before one exists, nothing can be edited. */
  async function perform(next: Act | undefined): Promise<void> {
    if (next?.by === 'tenant') tenantDoes(next.does);
    if (next?.by !== 'operator') return;
    const row = await stores.tenants.get(now.installationId);
    if (!row || row.status === 'deleted') return;
    await stores.edit(now.installationId, next.edit);
    written.push(next.edit);
  }

  const tenants = interrupted(stores.tenants, () => (isQuiet ? Promise.resolve() : perform(left.shift())));
  const deps = {
    deployment: givenDeployment(),
    tenants,
    jobs: stores.jobs,
    runners: stores.runners,
    github,
    notes: createMemoryNotes(),
    queues: createMemoryQueues(),
    telemetry: createMemoryTelemetry(),
    clock: createMemoryClock(noon),
    chance: createMemoryChance(1),
  };
  const tell = (installationId: InstallationId) =>
    applyInstallationEvents(deps, [{ id: 'm', body: JSON.stringify(eventOf(installationId)) }]);
  while (left.length > 0) await tell(now.installationId);
  isQuiet = true;
  // The tenant tries once more to lift whatever is in force.
  for (const does of ['suspend', 'unsuspend'] as const) {
    tenantDoes(does);
    await tell(now.installationId);
  }
  const row = await stores.tenants.get(now.installationId);
  return { found: row && policyOf(row), wanted: wantedOf(written) };
}

/** Each call waits until `before` is done. */
const interrupted = (target: TenantStore, before: () => Promise<void>): TenantStore =>
  new Proxy(target, {
    get(store, name) {
      const method = Reflect.get(store, name) as (...given: unknown[]) => Promise<unknown>;
      return async (...given: unknown[]) => {
        await before();
        return method.apply(store, given);
      };
    },
  });

const eventOf = (installationId: InstallationId) => ({
  kind: 'installation',
  event: 'installation.any',
  installationId,
  repositoriesRemoved: [],
  delivery: 'd',
});

const policyOf = ({ status, tier, maxRunners, allowedTiers, weight, tierLimits, runnerGroup }: Tenant) => ({
  status,
  tier,
  maxRunners,
  allowedTiers: allowedTiers?.toSorted(),
  weight,
  tierLimits,
  runnerGroup,
});

/** The last value of each attribute, over the tenant's first values. */
function wantedOf(written: readonly OperatorEdit[]) {
  const all = Object.assign({}, policyOf(newTenant() as Tenant), ...written);
  return policyOf(all);
}
