/**
 * For `cdk bootstrap --cloudformation-execution-policies`, in place of AdministratorAccess: what CloudFormation needs for
 * the resource types of the templates, in managed policies that each fit IAM's 6,144 characters.
 */
import { allow, type PolicyStatement, type PolicyTarget } from './policy.ts';
import { resourceActions } from './resource-actions.ts';

/** One statement for each set of resources, and each action once. */
export function executionStatements(part: string, target: PolicyTarget): PolicyStatement[] {
  const byResources = new Map<string, { resources: readonly string[]; actions: Set<string> }>();
  for (const entry of Object.values(resourceActions[part] ?? {}).flat()) {
    const resources = entry.on(target);
    const key = resources.join(' ');
    const group = byResources.get(key) ?? { resources, actions: new Set<string>() };
    byResources.set(key, group);
    for (const action of entry.actions) group.actions.add(action);
  }
  return [...byResources.values()].map(({ resources, actions }, n) =>
    allow(`${part.slice(0, 1).toUpperCase()}${part.slice(1)}${n + 1}`, [...actions].sort(), resources),
  );
}
