/** Every policy that people need, by name: for each command, for a deploy, and for CloudFormation itself. */
import { policyNameOf } from '../command-groups.ts';
import { bootstrapStatements } from './bootstrap-policy.ts';
import { executionStatements } from './cloudformation-policies.ts';
import { commandPolicies } from './command-policies.ts';
import { deployerStatements } from './deployer-policy.ts';
import { allow, type NamedPolicy, type Place, type PolicyStatement, policyDocument } from './policy.ts';
import { resourceActions } from './resource-actions.ts';

export const policies: readonly NamedPolicy[] = [
  {
    name: 'bootstrap',
    summary: 'to run npx cdk bootstrap, once for an account and region',
    document: (place) => policyDocument(bootstrapStatements(place)),
  },
  {
    name: 'deployer',
    summary: 'to run npx cdk deploy, once the account is bootstrapped',
    document: (place) => policyDocument(deployerStatements(place)),
  },
  ...Object.keys(resourceActions).map((part) => ({
    name: `cloudformation-${part}`,
    summary: 'for CloudFormation itself, instead of AdministratorAccess',
    document: (place: Place) => policyDocument(executionStatements(part, place)),
  })),
  ...Object.entries(commandPolicies)
    .filter(([name]) => name !== 'policy')
    .map(([name, statements]) => ({
      name: policyNameOf(name),
      summary: `to run npx mayfly ${name}`,
      document: (place: Place) => policyDocument(withKey(statements(place), place)),
    })),
];

/** Tables, queues and secrets use the account's key with the caller's permissions. */
function withKey(statements: readonly PolicyStatement[], { kmsKeyArn }: Place): readonly PolicyStatement[] {
  const actions = statements.flatMap(({ Action }) => Action);
  if (!kmsKeyArn || !actions.some((action) => /^(dynamodb|secretsmanager|sqs):/.test(action)))
    return statements;
  const writes = actions.some((action) => /^(secretsmanager:Put|sqs:Send)/.test(action));
  const uses = ['kms:Decrypt', ...(writes ? ['kms:GenerateDataKey'] : [])];
  return [...statements, allow('UseKey', uses, [kmsKeyArn])];
}
