/**
 * Compares tiers with each other. GitHub gives a job to any runner that has all of its labels, so two tiers must differ
 * by a label each, or they would take each other's jobs. A job that matches several tiers goes to the first, which must
 * not be larger than another match.
 */
import { isRecord, isTextList, shown } from './faults.ts';
import { virtualProcessors } from './instance-size.ts';

interface Named {
  readonly name: string;
  /** The labels that identify it, in lower case. */
  readonly labels: ReadonlySet<string>;
  /** The same with its extra labels: everything that GitHub matches its runners by. */
  readonly registered: ReadonlySet<string>;
  /** Virtual processors of its first instance type. Undefined: the type's name does not say. */
  readonly processors: number | undefined;
}

export function tierOrderFaults(entries: readonly (readonly [string, unknown])[]): string[] {
  const tiers = entries.flatMap(([name, tier]) => (isRecord(tier) ? named(name, tier) : []));
  return [...overlapFaults(tiers), ...sizeFaults(tiers)];
}

function named(name: string, tier: Readonly<Record<string, unknown>>): Named[] {
  const { labels, extraLabels = [], instanceTypes } = tier;
  if (!isTextList(labels) || !isTextList(extraLabels)) return [];
  const lower = (texts: readonly string[]) => new Set(texts.map((text) => text.toLowerCase()));
  const first = isTextList(instanceTypes) ? instanceTypes[0] : undefined;
  return [
    {
      name,
      labels: lower(labels),
      registered: lower([...labels, ...extraLabels]),
      processors: first === undefined ? undefined : virtualProcessors(first),
    },
  ];
}

function overlapFaults(tiers: readonly Named[]): string[] {
  return pairs(tiers).flatMap(([one, other]) => {
    const isInner = isAmong(one.labels, other.registered);
    if (!isInner && !isAmong(other.labels, one.registered)) return [];
    const [inner, outer] = isInner ? [one, other] : [other, one];
    return [
      `tiers.${inner.name}.labels are all among those of tiers.${outer.name}, so its jobs could land there; ` +
        `give ${inner.name} a label that ${outer.name} lacks.`,
    ];
  });
}

/** For the labels that two tiers share: a job that names only those gets the first tier that has them all. */
function sizeFaults(tiers: readonly Named[]): string[] {
  return pairs(tiers).flatMap(([one, other]) => {
    const shared = [...one.registered].filter((label) => other.registered.has(label));
    const first = tiers.find(({ registered }) => isAmong(shared, registered));
    if (shared.length === 0 || first !== one) return [];
    if (one.processors === undefined || other.processors === undefined) return [];
    if (one.processors <= other.processors) return [];
    return [
      `tiers.${one.name} comes before tiers.${other.name} but is larger (${one.processors} vCPUs against ` +
        `${other.processors}), so jobs that name only ${shown(shared)} would get the larger one; ` +
        `move ${one.name} after ${other.name}.`,
    ];
  });
}

export function pairs<Item>(items: readonly Item[]): [Item, Item][] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other): [Item, Item] => [one, other]));
}

function isAmong(inner: Iterable<string>, outer: ReadonlySet<string>): boolean {
  return [...inner].every((label) => outer.has(label));
}
