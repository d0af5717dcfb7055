/**
 * The order in which the resources of all stacks are created: each after what it refers to, including imports across
 * stacks. CloudFormation creates independent resources at once, so parameters, which are referred to only by name, come
 * as late as possible: a resource that needs one must say so. Circular references are an error that names the circle.
 */
import { type Assembly, AssemblyError, type Stack, type TemplateResource } from './cloudformation.ts';
import { referencesIn } from './intrinsics.ts';

export interface OrderedResource {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly resource: TemplateResource;
}

const keyOf = (stack: string, logicalId: string) => `${stack}/${logicalId}`;

export function creationOrder(assembly: Assembly): OrderedResource[] {
  const all = new Map<string, OrderedResource>();
  const exporters = new Map<unknown, { stack: Stack; value: unknown }>();
  for (const stack of assembly.stacks) {
    for (const [logicalId, resource] of Object.entries(stack.template.Resources ?? {})) {
      all.set(keyOf(stack.name, logicalId), { stack, logicalId, resource });
    }
    for (const output of Object.values(stack.template.Outputs ?? {})) {
      if (output.Export) exporters.set(output.Export.Name, { stack, value: output.Value });
    }
  }

  const needs = (stack: Stack, value: unknown): string[] =>
    referencesIn(value).flatMap((reference) => {
      if (reference.kind !== 'import') return [keyOf(stack.name, reference.name)];
      const exporter = exporters.get(reference.name);
      return exporter ? needs(exporter.stack, exporter.value) : [];
    });

  const ordered: OrderedResource[] = [];
  const finished = new Set<string>();
  const visit = (key: string, path: readonly string[]) => {
    const entry = all.get(key);
    if (!entry || finished.has(key)) return;
    if (path.includes(key)) {
      const circle = [...path.slice(path.indexOf(key)), key].join(' → ');
      throw new AssemblyError([{ stack: entry.stack.name, message: `a circular reference: ${circle}` }]);
    }
    const dependsOn = [entry.resource.DependsOn ?? []].flat().map((name) => keyOf(entry.stack.name, name));
    for (const next of [...dependsOn, ...needs(entry.stack, entry.resource.Properties ?? {})]) {
      visit(next, [...path, key]);
    }
    finished.add(key);
    ordered.push(entry);
  };
  const isLate = (key: string) => all.get(key)?.resource.Type === 'AWS::SSM::Parameter';
  const keys = [...all.keys()];
  for (const key of [...keys.filter((each) => !isLate(each)), ...keys.filter(isLate)]) visit(key, []);
  return ordered;
}
