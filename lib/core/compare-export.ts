/**
 * Compares records with AWS's bill by machine. What a machine's processors cost is found by its id, whatever its tags are. No
 * record has the ids of disks and addresses, so these count by their tags. What has no price on record is left out on both
 * sides: processors of that machine; disks or addresses of its tenant and tier, on the days on which it lived. Only `bill` has all
 * of it. It keeps one small entry for each machine on record, and sums; lines are added one after the other and forgotten.
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
  /** A machine's id, a disk's, an interface's ARN; empty: the line is of no resource. */
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

/** Of a record what the comparison needs. */
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
  /** All of its days are on the bill. */
  readonly isWhole: boolean;
  /** What has no price on record, and is left out on the bill too. */
  readonly unpriced: readonly Component[];
  billed: number;
}

export interface ExportTally {
  add(line: ExportedLine): void;
  result(): ComparedExport;
}

export interface ComparedExport {
  /** By day, tenant, tier and component: what AWS billed, with a price on record or without. */
  readonly bill: readonly BilledCost[];
  /** Without what has no price on record. */
  readonly pricedBill: readonly BilledCost[];
  /** By component, machines on demand and spot machines apart. */
  readonly kinds: readonly Compared[];
  readonly machines: MachinesCompared;
  readonly explained: Explained;
  /** Machines on record without a price, and what they cost on the bill: only `bill` has that too. The dearest first. */
  readonly unpriced: readonly Resource[];
  /** Disks and addresses that only `bill` has, since some machine has no price for its own. */
  readonly leftOut: readonly LeftOut[];
}

/** Of one day, tenant and tier. */
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
  /** On record and on the bill. */
  readonly matched: number;
  /** Of them: those whose processors cost within 3% of their record. */
  readonly close: number;
  /** Only on record: AWS charged nothing for them. */
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
  /** Resources that no record knows, those that cost most first. */
  readonly unknown: readonly Resource[];
}

/** So much of what is tagged, records should explain. */
export const leastExplained = 0.98;

export interface TallyOf {
  readonly environment: string;
  /** In order: those that both sides know whole. */
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
/** Of more unknown resources than this, only the first on the bill are told apart. */
const mostUnknown = 10_000;

/** Of disks and addresses no record knows the ids. */
const isOfMachine = (component: Component | undefined) => component !== 'disk' && component !== 'address';

export function tallyExport(of: TallyOf): ExportTally {
  const books = booksOf(of);
  const bill: Bill = {
    sums: new Map(),
    pricedSums: new Map(),
    kinds: new Map(),
    rest: new Map(),
    unknown: new Map(),
    unpriced: new Map(),
    leftOut: books.leftOut,
    tagged: 0,
    known: 0,
  };
  const wanted = new Set(of.days);
  return {
    add(line) {
      const machine = books.machines.get(line.resourceId);
      if (wanted.has(line.day) && (machine || line.environment === of.environment))
        addLine(bill, line, machine);
    },
    result: () => ({
      bill: rounded(bill.sums),
      pricedBill: rounded(bill.pricedSums),
      kinds: kindNames.map((kind) =>
        compared(kind, books.kinds.get(kind) ?? 0, Math.round(bill.kinds.get(kind) ?? 0)),
      ),
      machines: machinesCompared(books.machines),
      explained: explainedOf(bill, books),
      unpriced: dearest(bill.unpriced),
      leftOut: [...books.leftOut.values()].filter(({ day }) => wanted.has(day)),
    }),
  };
}

interface Books {
  readonly machines: Map<string, Known>;
  readonly kinds: Map<Kind, number>;
  /** Disks and addresses, by tenant and tier. */
  readonly rest: Map<string, number>;
  readonly leftOut: Map<string, LeftOut>;
}

type BillSums = Map<string, BilledCost & { micros: number }>;

interface Bill extends Omit<Books, 'machines'> {
  readonly sums: BillSums;
  readonly pricedSums: BillSums;
  readonly unknown: Map<string, number>;
  readonly unpriced: Map<string, number>;
  tagged: number;
  known: number;
}

function booksOf({ days, machines: records }: TallyOf): Books {
  const wanted = new Set(days);
  const lastDay = days.at(-1) ?? '';
  const books: Books = {
    ...{ machines: new Map(), kinds: new Map(), rest: new Map() },
    leftOut: new Map(records.flatMap(leftOutBy).map((leftOut) => [leftOutKey(leftOut), leftOut] as const)),
  };
  for (const { instanceId, installationId, tier, spot, cost, unpriced, day, endedAt } of records) {
    const isInside = wanted.has(day);
    const recorded = (cost.compute ?? 0) + (cost.surplus ?? 0);
    const isWhole = isInside && dayOf(endedAt) <= lastDay;
    books.machines.set(instanceId, { ...{ installationId, tier, recorded, isWhole, unpriced }, billed: 0 });
    if (!isInside) continue;
    for (const [component, micros] of Object.entries(cost) as [Component, number][]) {
      if (books.leftOut.has(leftOutKey({ day, installationId, tier, component }))) continue;
      addTo(books.kinds, kindOf(component, spot), micros);
      if (!isOfMachine(component)) addTo(books.rest, restKey(installationId, tier, component), micros);
    }
  }
  return books;
}

/** The disks and addresses among which those are that have no price for this machine. */
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

/** The sums of the records without what is left out on the bill. */
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

/** It is known what it is of. What it should cost is not. */
function leaveOut(bill: Bill, { installationId, micros }: ExportedLine): void {
  if (installationId === undefined) return;
  bill.tagged += micros;
  bill.known += micros;
}

function explainedOf(bill: Bill, books: Books): Explained {
  // A disk or an address is explained as far as machines of its tenant and tier are on record.
  const rest = [...bill.rest].map(([key, billed]) => Math.min(billed, books.rest.get(key) ?? 0));
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
