/** Every policy that people need, by name: for each command, for a deploy, and for CloudFormation itself. */
import { policyNameOf } from '../command-groups.ts';
import { bootstrapStatements } from './bootstrap-policy.ts';
import { executionStatements } from './cloudformation-policies.ts';
import { commandPolicies } from './command-policies.ts';
import { deployerStatements } from './deployer-policy.ts';
import {
  allow,
  type NamedPolicy,
  type PolicyStatement,
  type PolicyTarget,
  policyDocument,
} from './policy.ts';
import { resourceActions } from './resource-actions.ts';

export const policies: readonly NamedPolicy[] = [
  {
    name: 'bootstrap',
    summary: 'to run npx cdk bootstrap, once for an account and region',
    document: (target) => policyDocument(bootstrapStatements(target)),
  },
  {
    name: 'deployer',
    summary: 'to run npx cdk deploy, once the account is bootstrapped',
    document: (target) => policyDocument(deployerStatements(target)),
  },
  ...Object.keys(resourceActions).map((part) => ({
    name: `cloudformation-${part}`,
    summary: 'for CloudFormation itself, instead of AdministratorAccess',
    document: (target: PolicyTarget) => policyDocument(executionStatements(part, target)),
  })),
  ...Object.entries(commandPolicies)
    .filter(([name]) => name !== 'policy')
    .map(([name, statements]) => ({
      name: policyNameOf(name),
      summary: `to run npx mayfly ${name}`,
      document: (target: PolicyTarget) => policyDocument(withKey(statements(target), target)),
    })),
];

/** Tables, queues and secrets use the account's key with the caller's permissions. */
function withKey(
  statements: readonly PolicyStatement[],
  { kmsKeyArn }: PolicyTarget,
): readonly PolicyStatement[] {
  const actions = statements.flatMap(({ Action }) => Action);
  if (!kmsKeyArn || !actions.some((action) => /^(dynamodb|secretsmanager|sqs):/.test(action)))
    return statements;
  const writes = actions.some((action) => /^(secretsmanager:Put|sqs:Send)/.test(action));
  const uses = ['kms:Decrypt', ...(writes ? ['kms:GenerateDataKey'] : [])];
  return [...statements, allow('UseKey', uses, [kmsKeyArn])];
}
