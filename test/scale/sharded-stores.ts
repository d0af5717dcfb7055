/**
 * The in-memory stores, one world for each tenant: what one tenant's call costs does not grow with the number of tenants,
 * as in DynamoDB, where each tenant has partitions of its own. What crosses tenants goes through all worlds.
 */
import type { InstallationId, InstanceId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { createMemoryStores, type MemoryStores } from '../fakes/stores.ts';
import { createStoreWorld, type StorePorts, type StoreWorld } from '../fakes/world.ts';

type Method = (...given: unknown[]) => Promise<unknown>;

/**
 * @param tenantOf undefined: the machine is long gone, and forgotten
 * @param metered makes each world count what is written and read in it
 */
export function createShardedStores(
  tenantOf: (instanceId: InstanceId) => InstallationId | undefined,
  metered: (world: StoreWorld) => StoreWorld = (world) => world,
) {
  const shards = new Map<InstallationId, MemoryStores>();
  /** The caps over all tenants have their rows once. */
  const caps = { capRows: new Map(), capRowsEver: new Map(), lines: new Map() };
  const makeStores = () => createMemoryStores(metered(createStoreWorld(caps)));
  const common = makeStores();
  const shardOf = (installationId: InstallationId): MemoryStores => {
    const known = shards.get(installationId);
    if (known) return known;
    const made = makeStores();
    shards.set(installationId, made);
    return made;
  };
  const shard = (given: unknown): MemoryStores => {
    const owner = ownerOf(given) ?? tenantOf(instanceIn(given));
    if (owner === undefined) throw new Error(`No tenant has ${JSON.stringify(given)}.`);
    return shardOf(owner);
  };
  const findRunner = async (id: InstanceId) => {
    const owner = tenantOf(id);
    return owner === undefined ? [] : shardOf(owner).runners.findAcrossTenants([id]);
  };
  const all = () => [...shards.values()];

  const port = <Name extends keyof StorePorts>(name: Name, across: Partial<StorePorts[Name]> = {}) =>
    new Proxy(across, {
      get: (crossing, method) =>
        Reflect.get(crossing, method) ??
        ((...given: unknown[]) => {
          const store = shard(given[0])[name] as unknown as Record<string, Method>;
          return store[String(method)]!(...given);
        }),
    }) as StorePorts[Name];

  const stores: StorePorts = {
    tenants: port('tenants', {
      async findAcrossTenants(ids) {
        const found = ids.map((id) => shardOf(id).tenants.findAcrossTenants([id]));
        return (await Promise.all(found)).flat();
      },
    }),
    audit: port('audit'),
    controllers: port('controllers'),
    questions: port('questions'),
    usage: port('usage'),
    ledger: port('ledger'),
    jobs: port('jobs', {
      async insert(jobs) {
        const outcomes = await Promise.all(jobs.map((job) => shardOf(job.installationId).jobs.insert([job])));
        return outcomes.flat();
      },
      scanPendingAcrossTenants: async () => ({ jobs: all().flatMap(waitingOf) }),
    }),
    launches: port('launches', {
      listOverdueAcrossTenants: async (now) => all().flatMap((each) => overdueLaunches(each, now)),
      listWatchedAcrossTenants: async (now) => all().flatMap((each) => watchedLaunches(each, now)),
      capUseAcrossTenants: (cap) => common.launches.capUseAcrossTenants(cap),
      waitersAcrossTenants: (cap) => common.launches.waitersAcrossTenants(cap),
      noteCapRows: (cap) => common.launches.noteCapRows(cap),
      joinLine: (cap, ...waiters) => common.launches.joinLine(cap, ...waiters),
      leaveLine: (cap, place) => common.launches.leaveLine(cap, place),
    }),
    runners: port('runners', {
      findAcrossTenants: async (ids) => (await Promise.all(ids.map(findRunner))).flat(),
    }),
  };
  return { stores, shardOf, forgetEnded: () => all().forEach(forgetEnded) };
}

/** Whatever names its tenant: an id, a row, a row in a call (a machine's, where it ends), or the first of several. */
function ownerOf(given: unknown): InstallationId | undefined {
  if (typeof given === 'number') return given as InstallationId;
  if (Array.isArray(given)) return ownerOf(given[0]);
  const { installationId, tenant, by, runner } = given as Record<string, unknown>;
  if (typeof installationId === 'number') return installationId as InstallationId;
  const within = tenant ?? by ?? (typeof runner === 'object' ? runner : undefined);
  return within ? ownerOf(within) : undefined;
}

const instanceIn = (given: unknown) => (given as { instanceId: InstanceId }).instanceId;

const waitingOf = ({ world }: MemoryStores): Job[] =>
  [...world.rows.jobs.values()].filter(({ state }) => state === 'waiting');
const overdueLaunches = ({ world }: MemoryStores, now: number): Launch[] =>
  [...world.rows.launches.values()].filter(
    ({ state, lookAt, callUntil }) => state !== 'closed' && lookAt === undefined && callUntil <= now,
  );
const watchedLaunches = ({ world }: MemoryStores, now: number): Launch[] =>
  [...world.rows.launches.values()].filter(({ lookAt }) => lookAt !== undefined && lookAt <= now);

/** As DynamoDB's time to live does; here no event is late, so nobody asks for them again. */
function forgetEnded({ world: { rows } }: MemoryStores): void {
  for (const [key, { state }] of rows.jobs) if (state === 'done') rows.jobs.delete(key);
  for (const [key, { state, launchId }] of rows.runners) {
    // For seven days; the sweep has looked at their launches long before.
    if (state === 'ended' && rows.launches.get(launchId)?.lookAt === undefined) rows.runners.delete(key);
  }
  for (const [key, { state, lookAt }] of rows.launches) {
    if (state === 'closed' && lookAt === undefined) rows.launches.delete(key);
  }
}
