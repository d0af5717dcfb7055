/**
 * What a person needs to run `cdk deploy`: to assume the bootstrap's roles, and nothing else. CloudFormation does the
 * rest with its own role.
 */
import { allow, globalArn, type Place, type PolicyStatement } from './policy.ts';

/**
 * The bootstrap's qualifier, part of the names that it creates; a custom one is given to `cdk bootstrap` and in cdk.json.
 */
export const qualifier = 'hnb659fds';

export function deployerStatements(place: Place): PolicyStatement[] {
  const roles = ['deploy', 'file-publishing', 'lookup'].map((role) =>
    globalArn('iam', place, `role/cdk-${qualifier}-${role}-role-${place.account}-${place.region}`),
  );
  return [allow('ActAsBootstrapRoles', ['sts:AssumeRole'], roles)];
}
