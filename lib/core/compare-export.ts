/**
 * Compares records with AWS's bill by machine. The compute cost of a machine is found by its id, whatever
 * its tags are. No record has the ids of disks and addresses, so these count by their tags. Usage without a
 * recorded price is left out on both sides: the compute of that machine; the disks or addresses of its
 * tenant and tier, on the days on which it lived. Only `bill` includes all of it. It keeps sums and one
 * small entry for each recorded machine; lines are added one by one and not kept.
 */
import { type BilledCost, type Compared, compared } from './compare-bill.ts';
import { dayMilliseconds, dayOf } from './days.ts';
import type { InstallationId, TierName } from './ids.ts';
import type { Micros } from './micros.ts';
import { byComponent, type Component } from './price.ts';
import type { UsageRecord } from './usage.ts';
import type { UsageSum } from './usage-sum.ts';

/** A row of the bill by resource. */
export interface ExportedLine {
  /** `2026-11-21`, in UTC. */
  readonly day: string;
  /** A machine's id, a disk's, an interface's ARN; empty: the line is not for a resource. */
  readonly resourceId: string;
  /** Absent: something that records do not have, such as data transfer. */
  readonly component?: Component;
  readonly isSpot: boolean;
  /** Not rounded: a day's use of a disk may cost less than a micro-dollar. */
  readonly micros: number;
  readonly environment?: string;
  readonly installationId?: InstallationId;
  readonly tier?: TierName;
}

/** The part of a record that the comparison needs. */
export type RecordedMachine = Pick<
  UsageRecord,
  'instanceId' | 'installationId' | 'tier' | 'spot' | 'cost' | 'unpriced' | 'endedAt'
> & {
  /** On which it was launched. */
  readonly day: string;
};

interface Known {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly recorded: number;
  /** Whether the bill has all of its days. */
  readonly isWhole: boolean;
  /** Components without a recorded price, which are left out on the bill too. */
  readonly unpriced: readonly Component[];
  billed: number;
}

export interface ExportTally {
  add(line: ExportedLine): void;
  result(): ComparedExport;
}

export interface ComparedExport {
  /** By day, tenant, tier and component: what AWS billed, with or without a recorded price. */
  readonly bill: readonly BilledCost[];
  /** Without usage that has no recorded price. */
  readonly pricedBill: readonly BilledCost[];
  /** By component, separately for on-demand and spot machines. */
  readonly kinds: readonly Compared[];
  readonly machines: MachinesCompared;
  readonly explained: Explained;
  /**
   * Recorded machines without a price, and their cost on the bill, which only `bill` includes. The most
   * expensive first.
   */
  readonly unpriced: readonly Resource[];
  /** Disks and addresses that only `bill` includes, because those of some machine have no price. */
  readonly leftOut: readonly LeftOut[];
}

/** For one day, tenant and tier. */
export interface LeftOut {
  readonly day: string;
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly component: Component;
}

export interface Resource {
  readonly resourceId: string;
  readonly micros: Micros;
}

export interface MachinesCompared {
  /** Both recorded and billed. */
  readonly matched: number;
  /** Of these: machines whose compute cost is within 3% of their record. */
  readonly close: number;
  /** Only recorded: AWS charged nothing for them. */
  readonly notBilled: number;
  readonly notBilledMicros: Micros;
  /** Those that differ most. */
  readonly mostApart: readonly (Compared & { readonly installationId: InstallationId })[];
}

/** The part of tagged costs that belongs to recorded machines. */
export interface Explained {
  readonly tagged: Micros;
  readonly known: Micros;
  /** 0.99 is 99%; absent: nothing is tagged. */
  readonly part?: number;
  /** Resources without a record, the most expensive first. */
  readonly unknown: readonly Resource[];
}

/** The part of tagged costs that records should explain. */
export const leastExplained = 0.98;

export interface TallyOf {
  readonly environment: string;
  /** In order: those that both sides cover completely. */
  readonly days: readonly string[];
  /** Machines that were launched on these days, or shortly before. */
  readonly machines: readonly RecordedMachine[];
}

const kindNames = ['compute on demand', 'compute spot', 'CPU credits', 'disk', 'address'] as const;
type Kind = (typeof kindNames)[number];
function kindOf(component: Component, isSpot: boolean): Kind {
  if (component === 'surplus') return 'CPU credits';
  if (component !== 'compute') return component;
  return isSpot ? 'compute spot' : 'compute on demand';
}

const closeWithin = 0.03;
const shownMachines = 10;
/** If there are more unknown resources than this, only the first ones on the bill are listed individually. */
const mostUnknown = 10_000;

/** No record has the ids of disks and addresses. */
const isOfMachine = (component: Component | undefined) => component !== 'disk' && component !== 'address';

export function tallyExport(of: TallyOf): ExportTally {
  const ledger = ledgerOf(of);
  const bill: Bill = {
    sums: new Map(),
    pricedSums: new Map(),
    kinds: new Map(),
    rest: new Map(),
    unknown: new Map(),
    unpriced: new Map(),
    leftOut: ledger.leftOut,
    tagged: 0,
    known: 0,
  };
  const wanted = new Set(of.days);
  return {
    add(line) {
      const machine = ledger.machines.get(line.resourceId);
      if (wanted.has(line.day) && (machine || line.environment === of.environment))
        addLine(bill, line, machine);
    },
    result: () => ({
      bill: rounded(bill.sums),
      pricedBill: rounded(bill.pricedSums),
      kinds: kindNames.map((kind) =>
        compared(kind, ledger.kinds.get(kind) ?? 0, Math.round(bill.kinds.get(kind) ?? 0)),
      ),
      machines: machinesCompared(ledger.machines),
      explained: explainedOf(bill, ledger),
      unpriced: dearest(bill.unpriced),
      leftOut: [...ledger.leftOut.values()].filter(({ day }) => wanted.has(day)),
    }),
  };
}

interface Ledger {
  readonly machines: Map<string, Known>;
  readonly kinds: Map<Kind, number>;
  /** Disks and addresses, by tenant and tier. */
  readonly rest: Map<string, number>;
  readonly leftOut: Map<string, LeftOut>;
}

type BillSums = Map<string, BilledCost & { micros: number }>;

interface Bill extends Omit<Ledger, 'machines'> {
  readonly sums: BillSums;
  readonly pricedSums: BillSums;
  readonly unknown: Map<string, number>;
  readonly unpriced: Map<string, number>;
  tagged: number;
  known: number;
}

function ledgerOf({ days, machines: records }: TallyOf): Ledger {
  const wanted = new Set(days);
  const lastDay = days.at(-1) ?? '';
  const ledger: Ledger = {
    ...{ machines: new Map(), kinds: new Map(), rest: new Map() },
    leftOut: new Map(records.flatMap(leftOutBy).map((leftOut) => [leftOutKey(leftOut), leftOut] as const)),
  };
  for (const { instanceId, installationId, tier, spot, cost, unpriced, day, endedAt } of records) {
    const isInside = wanted.has(day);
    const recorded = (cost.compute ?? 0) + (cost.surplus ?? 0);
    const isWhole = isInside && dayOf(endedAt) <= lastDay;
    ledger.machines.set(instanceId, { ...{ installationId, tier, recorded, isWhole, unpriced }, billed: 0 });
    if (!isInside) continue;
    for (const [component, micros] of Object.entries(cost) as [Component, number][]) {
      if (ledger.leftOut.has(leftOutKey({ day, installationId, tier, component }))) continue;
      addTo(ledger.kinds, kindOf(component, spot), micros);
      if (!isOfMachine(component)) addTo(ledger.rest, restKey(installationId, tier, component), micros);
    }
  }
  return ledger;
}

/** The disks and addresses that include those of this machine, which have no price. */
function leftOutBy({ installationId, tier, unpriced, day, endedAt }: RecordedMachine): LeftOut[] {
  const components = unpriced.filter((component) => !isOfMachine(component));
  if (components.length === 0) return [];
  const days = Math.max(0, Math.floor((endedAt - Date.parse(day)) / dayMilliseconds)) + 1;
  return Array.from({ length: days }, (_, n) => dayOf(Date.parse(day) + n * dayMilliseconds)).flatMap((on) =>
    components.map((component) => ({ day: on, installationId, tier, component })),
  );
}

const leftOutKey = ({ day, installationId, tier, component }: LeftOut) =>
  [day, installationId, tier, component].join('\n');

/** The sums of the records without the components that are left out on the bill. */
export function withoutLeftOut(sums: readonly UsageSum[], leftOut: readonly LeftOut[]): UsageSum[] {
  const keys = new Set(leftOut.map(leftOutKey));
  return sums.map((sum) => ({
    ...sum,
    cost: byComponent((component) => (keys.has(leftOutKey({ ...sum, component })) ? 0 : sum.cost[component])),
  }));
}

function addLine(bill: Bill, line: ExportedLine, machine: Known | undefined): void {
  const { day, component, isSpot, micros } = line;
  const { installationId, tier } = machine ?? line;
  const cost: BilledCost = {
    ...{ day, micros },
    ...(installationId === undefined ? {} : { installationId }),
    ...(tier === undefined ? {} : { tier }),
    ...(component === undefined ? {} : { component }),
  };
  addCost(bill.sums, cost);
  if (machine && component && machine.unpriced.includes(component)) {
    addTo(bill.unpriced, line.resourceId, micros);
    leaveOut(bill, line);
    return;
  }
  if (installationId !== undefined && tier !== undefined && component && !isOfMachine(component)) {
    if (bill.leftOut.has(leftOutKey({ day, installationId, tier, component }))) {
      leaveOut(bill, line);
      return;
    }
  }
  addCost(bill.pricedSums, cost);
  if (installationId === undefined) return;
  bill.tagged += micros;
  if (component) addTo(bill.kinds, kindOf(component, isSpot), micros);
  if (machine) {
    bill.known += micros;
    if (component && isOfMachine(component)) machine.billed += micros;
  } else if (component && tier !== undefined && !isOfMachine(component))
    addTo(bill.rest, restKey(installationId, tier, component), micros);
  else note(bill.unknown, line.resourceId, micros);
}

function addCost(sums: BillSums, cost: BilledCost): void {
  const { day, installationId, tier, component, micros } = cost;
  const key = [day, installationId, tier, component].join('\n');
  const sum = sums.get(key);
  if (sum) sum.micros += micros;
  else sums.set(key, { ...cost });
}

const rounded = (sums: BillSums): BilledCost[] =>
  [...sums.values()].map((cost) => ({ ...cost, micros: Math.round(cost.micros) }));

/** The component is known, its price is not. */
function leaveOut(bill: Bill, { installationId, micros }: ExportedLine): void {
  if (installationId === undefined) return;
  bill.tagged += micros;
  bill.known += micros;
}

function explainedOf(bill: Bill, ledger: Ledger): Explained {
  // Disks and addresses are explained up to the recorded amount for their tenant and tier.
  const rest = [...bill.rest].map(([key, billed]) => Math.min(billed, ledger.rest.get(key) ?? 0));
  const known = rest.reduce((sum, one) => sum + one, bill.known);
  return {
    ...{ tagged: Math.round(bill.tagged), known: Math.round(known) },
    ...(bill.tagged > 0 ? { part: known / bill.tagged } : {}),
    unknown: dearest(bill.unknown),
  };
}

function machinesCompared(machines: ReadonlyMap<string, Known>): MachinesCompared {
  let matched = 0;
  let close = 0;
  let notBilled = 0;
  let notBilledMicros = 0;
  const apart: [string, Known][] = [];
  for (const [instanceId, machine] of machines) {
    const { isWhole, recorded, billed, unpriced } = machine;
    if (!isWhole || unpriced.some(isOfMachine)) continue;
    if (billed === 0 && recorded > 0) {
      notBilled += 1;
      notBilledMicros += recorded;
    } else {
      matched += 1;
      if (Math.abs(billed - recorded) <= closeWithin * recorded) close += 1;
      else apart.push([instanceId, machine]);
    }
  }
  const mostApart = largest(apart, ([, { billed, recorded }]) => Math.abs(billed - recorded));
  return {
    ...{ matched, close, notBilled, notBilledMicros },
    mostApart: mostApart.map(([instanceId, { installationId, recorded, billed }]) => ({
      ...compared(instanceId, recorded, Math.round(billed)),
      installationId,
    })),
  };
}

const restKey = (installationId: InstallationId, tier: TierName, component: Component) =>
  `${installationId}/${tier}/${component}`;

function addTo<Key>(sums: Map<Key, number>, key: Key, micros: number): void {
  sums.set(key, (sums.get(key) ?? 0) + micros);
}

function note(unknown: Map<string, number>, resourceId: string, micros: number): void {
  if (unknown.has(resourceId) || unknown.size < mostUnknown) addTo(unknown, resourceId, micros);
}

const dearest = (resources: ReadonlyMap<string, number>): Resource[] =>
  largest([...resources], ([, micros]) => micros).map(([resourceId, micros]) => ({
    ...{ resourceId, micros: Math.round(micros) },
  }));

const largest = <One>(all: readonly One[], size: (one: One) => number): One[] =>
  all.toSorted((one, other) => size(other) - size(one)).slice(0, shownMachines);
