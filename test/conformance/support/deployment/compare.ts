/**
 * Holds what was deployed against the templates, value by value: each text, number and flag of a template must be what AWS's
 * interfaces say afterwards. A value that only the deploy knows (a reference) must be there at all.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { createReaders, writeOnly } from './read-back.ts';
import { dropped } from './stand-in-gaps.ts';

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

export interface Comparison {
  readonly resources: number;
  readonly compared: number;
  readonly findings: readonly string[];
}

export async function compareWithTemplates(endpoint: string, assembly: string): Promise<Comparison> {
  const client = new CloudFormationClient({ endpoint });
  const readers = createReaders(endpoint);
  const differing = new Map<string, string>();
  const count = { resources: 0, compared: 0 };
  for (const file of readdirSync(assembly).filter((name) => name.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(assembly, file), 'utf8')) as Template;
    const StackName = file.replace('.template.json', '');
    const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName }));
    const made = new Map(
      StackResources.map(({ LogicalResourceId, PhysicalResourceId }) => [
        LogicalResourceId,
        PhysicalResourceId,
      ]),
    );
    for (const [logicalId, { Type, Properties = {} }] of Object.entries(template.Resources)) {
      count.resources += 1;
      const physicalId = made.get(logicalId);
      if (!physicalId) {
        differing.set(`${Type} ${StackName}/${logicalId}`, 'is in the template and was not made');
        continue;
      }
      const read = readers[Type];
      if (!read) continue;
      count.compared += 1;
      for (const { path, wanted, held } of differences(Properties, await read(physicalId), '')) {
        if (writeOnly.some((property) => `${Type}${path}`.startsWith(property))) continue;
        differing.set(
          `${Type}${path}`,
          `${logicalId}: ${shown(wanted)} was asked for, ${shown(held)} is held`,
        );
      }
    }
  }
  return { ...count, findings: againstGaps(differing) };
}

/** What differs must be written as a gap, and what is written must differ. */
function againstGaps(differing: ReadonlyMap<string, string>): string[] {
  const covers = (gap: string, property: string) =>
    property === gap || property.startsWith(`${gap}.`) || property.startsWith(`${gap}[]`);
  const known = dropped.map(({ property }) => property);
  return [
    ...[...differing]
      .filter(([property]) => !known.some((gap) => covers(gap, property)))
      .map(([property, difference]) => `${property}: ${difference}`),
    ...known
      .filter((gap) => ![...differing.keys()].some((property) => covers(gap, property)))
      .map((gap) => `ministack holds ${gap} now: take it out of stand-in-gaps.ts`),
  ];
}

interface Difference {
  readonly path: string;
  readonly wanted: unknown;
  readonly held: unknown;
}

function* differences(wanted: unknown, held: unknown, path: string): Generator<Difference> {
  if (isReference(wanted)) {
    if (held === undefined || held === '') yield { path, wanted, held };
  } else if (Array.isArray(wanted)) {
    const entries = Array.isArray(held) ? held : [];
    if (entries.length < wanted.length) yield { path, wanted, held };
    else for (const entry of wanted) yield* closest(entry, entries, `${path}[]`);
  } else if (typeof wanted === 'object' && wanted !== null) {
    const fields = (typeof held === 'object' && held !== null ? held : {}) as Record<string, unknown>;
    for (const [name, value] of Object.entries(wanted)) {
      yield* differences(value, fields[name], `${path}.${name}`);
    }
  } else if (String(wanted) !== String(held)) {
    yield { path, wanted, held };
  }
}

/** Lists come back in an order of AWS's own: an entry is held against the one that is most like it. */
function closest(wanted: unknown, entries: readonly unknown[], path: string): Difference[] {
  const tries = entries.map((entry) => [...differences(wanted, entry, path)]);
  return tries.reduce((best, one) => (one.length < best.length ? one : best));
}

const isReference = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 1 &&
  /^(?:Ref|Fn::.+)$/.test(Object.keys(value)[0] ?? '');

const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 120) ?? 'nothing';
