/**
 * What one machine costs at list prices, by component, in whole micro-dollars. Its rates are fixed at its
 * launch and kept with it, so its cost never changes with a later price list. A component without a price
 * is `unpriced`: never 0.
 */
import { type CpuCredits, surplusPerHour } from './burstable.ts';
import type { Micros } from './micros.ts';
import type { OwnRate } from './own-rates.ts';
import { type PriceList, pricesInForce, type RegionPrices } from './price-list.ts';

export const components = ['compute', 'surplus', 'disk', 'address'] as const;
export type Component = (typeof components)[number];

export const byComponent = <Value>(of: (component: Component) => Value): Record<Component, Value> => ({
  compute: of('compute'),
  surplus: of('surplus'),
  disk: of('disk'),
  address: of('address'),
});

/** The parts of a machine that AWS charges for. */
export interface BilledMachine {
  readonly diskGigabytes: number;
  readonly diskIops: number;
  readonly diskThroughputMegabytes: number;
  /** Absent: not known, as in a network of the operator's own. */
  readonly publicAddress?: boolean;
  /** Absent: EC2's default for the instance type. */
  readonly cpuCredits?: CpuCredits;
}

/** The rates of one machine, fixed at its launch. Absent: not known. */
export interface MachineRates {
  /** The day of the price list. */
  readonly list: string;
  /** For an hour. */
  readonly compute?: Micros;
  /** For an hour: an estimate, since AWS charges for the processors' actual use. */
  readonly surplus?: Micros;
  /** For a month of 730 hours. */
  readonly disk?: Micros;
  /** For an hour. */
  readonly address?: Micros;
  /** What the operator charges for it instead. */
  readonly own?: OwnRate;
}

export interface RatesOf {
  readonly region: string;
  readonly instanceType: string;
  readonly spot: boolean;
  /** For an hour, if known: no list has the price of a spot machine. */
  readonly spotPrice?: Micros;
  readonly machine: BilledMachine;
  /** Absent: the list that comes with Mayfly. */
  readonly prices?: PriceList;
}

/** Assumed CPU use of a job's machine, in thousandths. */
export const assumedBusy = 600;
/** What comes with each gp3 disk. Source: https://aws.amazon.com/ebs/pricing/ */
const freeIops = 3_000;
const freeThroughputMegabytes = 125;

export function machineRates({
  region,
  instanceType,
  spot,
  spotPrice,
  machine,
  ...of
}: RatesOf): MachineRates {
  const { date, disk, address, onDemand } = pricesInForce(region, of.prices);
  const compute = spot ? spotPrice : onDemand(instanceType);
  return {
    list: date,
    ...(compute === undefined ? {} : { compute }),
    surplus: surplusPerHour(instanceType, assumedBusy, machine.cpuCredits),
    ...(disk === undefined ? {} : { disk: diskRate(machine, disk) }),
    ...(address === undefined || machine.publicAddress === undefined
      ? {}
      : { address: machine.publicAddress ? address : 0 }),
  };
}

const diskRate = (
  { diskGigabytes, diskIops, diskThroughputMegabytes }: BilledMachine,
  { gigabyte, iops, throughputMegabyte }: RegionPrices['disk'],
): Micros =>
  diskGigabytes * gigabyte +
  Math.max(0, diskIops - freeIops) * iops +
  Math.max(0, diskThroughputMegabytes - freeThroughputMegabytes) * throughputMegabyte;

export interface MachineLife {
  readonly spot: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** EC2 interrupted it before the platform or the machine itself ended it. */
  readonly takenBack: boolean;
}

export interface MachineCost {
  /** Billed by AWS. */
  readonly seconds: number;
  readonly cost: Readonly<Partial<Record<Component, Micros>>>;
  readonly unpriced: readonly Component[];
}

const hour = 3_600;
const month = 730 * hour;
/** AWS bills at least this long for each start. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html */
const leastSeconds = 60;

/** Its cost from start to end; its disk and its address exist for as long as it does. */
export function machineCost(rates: MachineRates, life: MachineLife): MachineCost {
  const lived = livedSeconds(life);
  const seconds = isFree(life) ? 0 : lived;
  const amount = (rate: Micros | undefined, of: number, per: number) =>
    rate === undefined ? undefined : Math.round((rate * of) / per);
  const all: Readonly<Record<Component, Micros | undefined>> = {
    compute: amount(rates.compute, seconds, hour),
    surplus: amount(rates.surplus, seconds, hour),
    disk: amount(rates.disk, lived, month),
    address: amount(rates.address, lived, hour),
  };
  const priced = components.filter((component) => all[component] !== undefined);
  return {
    seconds,
    cost: Object.fromEntries(priced.map((component) => [component, all[component]])),
    unpriced: components.filter((component) => all[component] === undefined),
  };
}

const livedSeconds = ({ startedAt, endedAt }: MachineLife) =>
  Math.max(leastSeconds, Math.ceil((endedAt - startedAt) / 1000));

/**
 * A spot machine that EC2 interrupts in its first hour is free; one that its owner ends is not.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html
 */
const isFree = (life: MachineLife) =>
  life.spot && life.takenBack && life.endedAt - life.startedAt < freeIfTakenMilliseconds;

export const freeIfTakenMilliseconds = hour * 1000;

/** Of all components that have a price. */
export const totalOf = (cost: MachineCost['cost']): Micros =>
  components.reduce((sum, component) => sum + (cost[component] ?? 0), 0);
