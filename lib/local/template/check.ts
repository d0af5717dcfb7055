/**
 * Checks a whole assembly against the registry before anything is created: every type, property, attribute, function and
 * name must be known. It returns all faults; it must not stop at the first, and must not let anything through.
 */
import type { Assembly, Fault, Stack, TemplateResource } from './cloudformation.ts';
import { intrinsicOf, type Reference, referencesIn } from './intrinsics.ts';
import type { Registry, Understood } from './resource-type.ts';

const knownSections = [
  'Resources',
  'Outputs',
  'Description',
  'Metadata',
  'AWSTemplateFormatVersion',
  'Conditions',
];
/** Retention and metadata have no effect here; `Condition` is left out, so it is a fault. */
const knownAttributes = [
  'Type',
  'Properties',
  'DependsOn',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'Metadata',
];
export const pseudoParameters = [
  'AWS::Region',
  'AWS::AccountId',
  'AWS::Partition',
  'AWS::URLSuffix',
  'AWS::StackName',
  'AWS::StackId',
  'AWS::NoValue',
];

export function checkAssembly(assembly: Assembly, registry: Registry): Fault[] {
  const exported = new Set(
    assembly.stacks.flatMap(({ template }) =>
      Object.values(template.Outputs ?? {}).map((output) => output.Export?.Name),
    ),
  );
  return assembly.stacks.flatMap((stack) => [
    ...Object.keys(stack.template)
      .filter((section) => !knownSections.includes(section))
      .map((section) => ({ stack: stack.name, message: `the section ${section} is not understood` })),
    ...Object.entries(stack.template.Resources ?? {}).flatMap(([logicalId, resource]) =>
      checkResource({ stack, logicalId, resource, registry, exported }),
    ),
    ...Object.entries(stack.template.Outputs ?? {}).flatMap(([logicalId, output]) =>
      checkReferences({ stack, value: output.Value, registry, exported }).map((message) => ({
        stack: stack.name,
        logicalId,
        type: 'Output',
        message,
      })),
    ),
  ]);
}

function checkResource(at: {
  stack: Stack;
  logicalId: string;
  resource: TemplateResource;
  registry: Registry;
  exported: ReadonlySet<unknown>;
}): Fault[] {
  const { stack, logicalId, resource } = at;
  const fault = (message: string, property?: string): Fault => ({
    stack: stack.name,
    logicalId,
    type: resource.Type,
    message,
    ...(property === undefined ? {} : { property }),
  });
  const type = at.registry[resource.Type];
  if (!type) return [fault('this resource type is not in the registry')];
  const dependsOn = [resource.DependsOn ?? []].flat();
  return [
    ...Object.keys(resource)
      .filter((attribute) => !knownAttributes.includes(attribute))
      .map((attribute) => fault('this resource attribute is not understood', attribute)),
    ...unknownProperties(resource.Properties ?? {}, type.properties, '').map((path) =>
      fault('this property is not in the registry', path),
    ),
    ...dependsOn
      .filter((name) => !stack.template.Resources?.[name])
      .map((name) => fault(`depends on ${name}, which does not exist`)),
    ...checkReferences({ ...at, value: resource.Properties ?? {} }).map((message) => fault(message)),
  ];
}

/** Paths of properties that the registry does not list. */
function unknownProperties(value: unknown, understood: Understood, path: string): string[] {
  if (typeof understood !== 'object' || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((entry) => unknownProperties(entry, understood, path));
  if (isIntrinsic(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const inner = path ? `${path}.${key}` : key;
    const known = Object.hasOwn(understood, key) ? understood[key] : undefined;
    return known === undefined ? [inner] : unknownProperties(entry, known, inner);
  });
}

function isIntrinsic(value: object): boolean {
  try {
    return intrinsicOf(value) !== undefined;
  } catch {
    // An unknown function: checkReferences reports it.
    return true;
  }
}

function checkReferences(at: {
  stack: Stack;
  value: unknown;
  registry: Registry;
  exported: ReadonlySet<unknown>;
}): string[] {
  try {
    return referencesIn(at.value).flatMap((reference) => unknownReference(reference, at) ?? []);
  } catch (error) {
    return [(error as Error).message];
  }
}

function unknownReference(
  { kind, name, attribute }: Reference,
  at: { stack: Stack; registry: Registry; exported: ReadonlySet<unknown> },
): string | undefined {
  if (kind === 'import') return at.exported.has(name) ? undefined : `imports ${name}, which no stack exports`;
  if (kind === 'condition') {
    return (at.stack.template['Conditions'] as Record<string, unknown> | undefined)?.[name] === undefined
      ? `asks for the condition ${name}, which does not exist`
      : undefined;
  }
  if (kind === 'ref' && pseudoParameters.includes(name)) return undefined;
  const target = at.stack.template.Resources?.[name];
  if (!target) return `refers to ${name}, which does not exist`;
  const type = at.registry[target.Type];
  if (kind === 'ref' || !type || type.attributes.includes(attribute ?? '')) return undefined;
  return `asks for ${name}.${attribute}; a ${target.Type} has ${type.attributes.join(', ') || 'no attributes'} here`;
}
