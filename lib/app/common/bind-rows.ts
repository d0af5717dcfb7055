/**
 * Writes the rows of a launch's machines after the launch says which machine has which lease. If a caller dies right
 * after closing a launch, machines lack rows. Their leases belong to the launch until the rows exist, and the
 * machine's claim or the sweep writes them.
 */
import { tombstoneDays } from '../../contract/tables.ts';
import { dayMilliseconds } from '../../core/days.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import type { Micros } from '../../core/micros.ts';
import { ownRateAt } from '../../core/own-rates.ts';
import { machineRates } from '../../core/price.ts';
import type { Runner } from '../../core/runner.ts';
import type { LaunchedInstance } from '../../ports/compute.ts';
import { type SpotPrices, spotPool } from '../../ports/spot-prices.ts';
import type { LaunchDeps } from './deps.ts';

export type RecordDeps = Pick<LaunchDeps, 'runners' | 'deployment' | 'clock'>;
/** Adds what EC2's answer lacks: a machine's zone, and the price of a spot machine. */
export type BindDeps = RecordDeps & Pick<LaunchDeps, 'subnets' | 'spotPrices'>;

/** Machines as EC2 reported them. */
export interface Seen {
  readonly instances: readonly LaunchedInstance[];
  /** When EC2 was called for them, epoch milliseconds; absent: some time ago. */
  readonly askedAt?: number;
}

/**
 * Writes a row for each machine that has a lease, even if EC2 no longer shows the machine: its row gives the lease
 * back.
 */
export async function bindRows(deps: BindDeps, launch: Launch, seen: Seen): Promise<void> {
  const deadline = deps.clock.now() + deps.deployment.limits.bootSeconds * 1000;
  await bind(deps, launch, {
    ...seen,
    planned: launch.plannedJobs,
    deadline,
    ...(await placesOf(deps, launch, seen)),
  });
}

interface SeenLate extends Seen {
  readonly unrecorded: readonly PlannedJob[];
}

/** For those of a closed launch's machines that have no row. They may have booted long ago. */
export async function bindUnrecorded(deps: BindDeps, launch: Launch, seen: SeenLate): Promise<void> {
  await bindLate(deps, launch, { ...seen, ...(await placesOf(deps, launch, seen)) });
}

/**
 * The same for a machine that itself reports its zone. The price of a spot machine is looked up later, when its end
 * is recorded (find-late-prices.ts).
 */
export const bindAsReported = (deps: RecordDeps, launch: Launch, seen: SeenLate): Promise<void> =>
  bindLate(deps, launch, { ...seen, subnets: [], prices: noPrices });

async function bindLate(
  deps: RecordDeps,
  launch: Launch,
  { unrecorded, ...seen }: SeenLate & Places,
): Promise<void> {
  const deadline = launch.createdAt + deps.deployment.limits.bootSeconds * 1000;
  await bind(deps, launch, { ...seen, planned: unrecorded, deadline });
}

/**
 * The leases of a closed launch whose machines have no row.
 * @param recorded those of its machines that have one, ended ones too
 */
export function unrecordedOf(
  launch: Launch,
  recorded: ReadonlySet<InstanceId>,
  now: number,
): readonly PlannedJob[] {
  // The row of an ended machine may be deleted by now: only for a younger launch does a missing row prove that
  // there was none.
  const isYoung = now < launch.createdAt + tombstoneDays * dayMilliseconds;
  if (launch.state !== 'closed' || !isYoung) return [];
  return launch.plannedJobs.filter(({ lease }) => {
    const instanceId = launch.instances.get(lease);
    return instanceId !== undefined && !recorded.has(instanceId);
  });
}

interface Places {
  readonly subnets: BindDeps['subnets'];
  readonly prices: SpotPriceList;
}

const placesOf = async (deps: BindDeps, launch: Launch, { instances }: Seen): Promise<Places> => ({
  subnets: deps.subnets,
  prices: instances.some(({ spot }) => spot) ? await spotPricesOf(deps, launch) : noPrices,
});

interface Binding extends Seen, Places {
  readonly planned: readonly PlannedJob[];
  readonly deadline: number;
}

async function bind(deps: RecordDeps, launch: Launch, binding: Binding): Promise<void> {
  const { instances, askedAt, planned, deadline, subnets, prices } = binding;
  const rows = planned.flatMap((plannedJob) => {
    const instanceId = launch.instances.get(plannedJob.lease);
    if (instanceId === undefined) return [];
    const instance = instances.find((one) => one.instanceId === instanceId);
    const startedAt = instance?.startedAt ?? (instance && askedAt) ?? launch.createdAt;
    const machine = { instanceId, ...(instance ?? notSeen), startedAt };
    return [runnerRow(deps, { launch, plannedJob, subnets, prices, deadline }, machine)];
  });
  if (rows.length > 0) await deps.runners.bind(rows);
}

const notSeen = { instanceType: 'unknown', spot: false };

const noPrices: SpotPriceList = new Map();

/** Makes no call if the launch was for on-demand machines. */
export async function spotPricesOf(
  deps: Pick<LaunchDeps, 'spotPrices'>,
  { request }: Launch,
): Promise<SpotPriceList> {
  if (request.TargetCapacitySpecification.DefaultTargetCapacityType !== 'spot') return noPrices;
  const overrides = request.LaunchTemplateConfigs.flatMap(({ Overrides }) => Overrides);
  return deps.spotPrices.now(overrides.map(({ InstanceType }) => InstanceType));
}

type SpotPriceList = Awaited<ReturnType<SpotPrices['now']>>;

interface Placed extends Places {
  readonly launch: Launch;
  readonly plannedJob: PlannedJob;
  readonly deadline: number;
}

function runnerRow(
  deps: RecordDeps,
  { launch, plannedJob, subnets, prices, deadline }: Placed,
  instance: LaunchedInstance & { startedAt: number },
): Runner {
  const zone = zoneOf(subnets, instance);
  const spotPrice = zone === undefined ? undefined : prices.get(spotPool(instance.instanceType, zone));
  return {
    instanceId: instance.instanceId,
    installationId: launch.installationId,
    tier: launch.tier,
    launchId: launch.launchId,
    lease: plannedJob.lease,
    state: 'booting',
    plannedJob: plannedJob.jobId,
    repository: plannedJob.repository,
    account: launch.account,
    ...(launch.capRows ? { capRows: launch.capRows } : {}),
    ...(launch.leaseCost ? { leaseCost: launch.leaseCost } : {}),
    instanceType: instance.instanceType,
    spot: instance.spot,
    ...(zone === undefined ? {} : { zone }),
    ...ratesOf(deps, launch, { ...instance, ...(spotPrice === undefined ? {} : { spotPrice }) }),
    launchedAt: launch.createdAt,
    startedAt: instance.startedAt,
    deadline,
  };
}

/** EC2 names the zone of a machine that it shows, and the subnet of one that it has just started. */
const zoneOf = (subnets: Places['subnets'], { zone, subnetId }: LaunchedInstance): string | undefined =>
  zone ?? subnets.find((subnet) => subnet.subnetId === subnetId)?.zone;

type Priced = Pick<LaunchedInstance, 'instanceType' | 'spot'> & { readonly spotPrice?: Micros };

/** A tier that was taken out of the configuration meanwhile leaves its machine without a price. */
function ratesOf({ deployment }: RecordDeps, launch: Launch, { instanceType, spot, spotPrice }: Priced) {
  const tier = deployment.tiers.find((one) => one.name === launch.tier);
  if (!tier) return {};
  const { region } = deployment;
  const { prices } = deployment;
  const rates = machineRates({
    ...{ region, instanceType, spot, machine: tier.billed },
    ...(prices === undefined ? {} : { prices }),
    ...(spotPrice === undefined ? {} : { spotPrice }),
  });
  const own = ownRateAt(deployment.ownRates, tier.name, launch.createdAt);
  return { rates: own ? { ...rates, own } : rates };
}
