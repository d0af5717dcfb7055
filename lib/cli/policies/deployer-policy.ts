/**
 * What a person needs to run `cdk deploy`: to assume the bootstrap's roles, and nothing else. CloudFormation does the
 * rest with its own role.
 */
import { allow, globalArn, type PolicyStatement, type PolicyTarget } from './policy.ts';

/**
 * The bootstrap's qualifier, part of the names that it creates. A custom one is passed to `cdk bootstrap` and set in
 * cdk.json.
 */
export const qualifier = 'hnb659fds';

export function deployerStatements(target: PolicyTarget): PolicyStatement[] {
  const roles = ['deploy', 'file-publishing', 'lookup'].map((role) =>
    globalArn('iam', target, `role/cdk-${qualifier}-${role}-role-${target.account}-${target.region}`),
  );
  return [allow('ActAsBootstrapRoles', ['sts:AssumeRole'], roles)];
}
