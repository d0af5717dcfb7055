/**
 * Creates everything that an assembly describes, in order, once the check has found no fault. Afterwards either all of it
 * exists, including policies and permissions, or an AssemblyError names what does not.
 */
import { checkAssembly } from './check.ts';
import type { Cloud } from './cloud.ts';
import { type Assembly, AssemblyError, type Fault, type Stack } from './cloudformation.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { creationOrder, type OrderedResource } from './order.ts';
import type { Created, Registry, Resource } from './resource-type.ts';

export interface LoadedAssembly {
  /** Of all stacks, by output name; if two stacks have the same, by `stack.name` as well. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What was created, in order. */
  readonly resources: readonly LoadedResource[];
}

export interface LoadedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** @throws AssemblyError */
export async function createAssembly(
  assembly: Assembly,
  registry: Registry,
  cloud: Cloud,
): Promise<LoadedAssembly> {
  const faults = checkAssembly(assembly, registry);
  if (faults.length > 0) throw new AssemblyError(faults);

  const made = new Map<string, Created>();
  const scopeOf = scopes(assembly, made, cloud);
  const ordered = creationOrder(assembly);
  for (const entry of ordered) {
    try {
      const resource = toResource(entry, scopeOf(entry.stack));
      const created = await registry[entry.resource.Type]!.create(resource, cloud);
      made.set(`${entry.stack.name}/${entry.logicalId}`, created);
    } catch (cause) {
      throw new AssemblyError([faultOf(entry, cause)], { cause });
    }
  }
  await settleAll(ordered, made);
  return {
    outputs: outputsOf(assembly, scopeOf),
    resources: ordered.map(({ stack, logicalId, resource }) => {
      const { ref, attributes = {} } = made.get(`${stack.name}/${logicalId}`)!;
      return { stack: stack.name, logicalId, type: resource.Type, ref, attributes };
    }),
  };
}

async function settleAll(ordered: readonly OrderedResource[], made: ReadonlyMap<string, Created>) {
  const faults: Fault[] = [];
  for (const entry of ordered) {
    try {
      await made.get(`${entry.stack.name}/${entry.logicalId}`)?.settle?.();
    } catch (error) {
      faults.push(faultOf(entry, error));
    }
  }
  if (faults.length > 0) throw new AssemblyError(faults);
}

function toResource({ stack, logicalId, resource }: OrderedResource, scope: Scope): Resource {
  return {
    stack: stack.name,
    logicalId,
    properties: resolve(resource.Properties ?? {}, scope) as Resource['properties'],
    asset(key) {
      const path = stack.assets.get(key);
      if (path) return path;
      throw new Error(`The assembly holds no file for the key ${key}.`);
    },
    generatedName: (limit = 64) => `${stack.name}-${logicalId}`.slice(0, limit),
  };
}

/** The meaning of names in each stack, by what has been created so far. */
function scopes(assembly: Assembly, made: ReadonlyMap<string, Created>, cloud: Cloud) {
  const scopeOf = (stack: Stack): Scope => ({
    ref: (name) => pseudoParameter(name, stack, cloud) ?? madeIn(stack, name).ref,
    attribute: (logicalId, attribute) => {
      const value = madeIn(stack, logicalId).attributes?.[attribute];
      if (value !== undefined) return value;
      throw new Error(`${logicalId} has no attribute ${attribute}.`);
    },
    importValue(name) {
      for (const exporter of assembly.stacks) {
        for (const output of Object.values(exporter.template.Outputs ?? {})) {
          if (output.Export && resolve(output.Export.Name, scopeOf(exporter)) === name) {
            return resolve(output.Value, scopeOf(exporter));
          }
        }
      }
      throw new Error(`No stack exports ${name}.`);
    },
    availabilityZones: () => cloud.availabilityZones,
    condition(name) {
      const conditions = (stack.template['Conditions'] ?? {}) as Record<string, unknown>;
      return resolve(conditions[name], scopeOf(stack)) === true;
    },
  });
  const madeIn = (stack: Stack, logicalId: string): Created => {
    const created = made.get(`${stack.name}/${logicalId}`);
    if (created) return created;
    throw new Error(`${logicalId} of ${stack.name} does not exist yet.`);
  };
  return scopeOf;
}

function pseudoParameter(name: string, stack: Stack, { region, accountId }: Cloud): string | undefined {
  const values: Readonly<Record<string, string>> = {
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack.name,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stack.name}/laptop`,
  };
  return values[name];
}

/** Outputs that CDK creates for references from one stack to another. */
const madeForOtherStacks = 'ExportsOutput';

function outputsOf(assembly: Assembly, scopeOf: (stack: Stack) => Scope): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const stack of assembly.stacks) {
    for (const [name, { Value }] of Object.entries(stack.template.Outputs ?? {})) {
      if (name.startsWith(madeForOtherStacks)) continue;
      const value = String(resolve(Value, scopeOf(stack)));
      outputs[name] ??= value;
      outputs[`${stack.name}.${name}`] = value;
    }
  }
  return outputs;
}

const faultOf = ({ stack, logicalId, resource }: OrderedResource, error: unknown): Fault => ({
  stack: stack.name,
  logicalId,
  type: resource.Type,
  message: error instanceof Error ? error.message : String(error),
});
