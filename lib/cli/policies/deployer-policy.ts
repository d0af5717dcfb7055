/**
 * What the person who runs `cdk deploy` needs: to act as the roles of the bootstrap, and nothing else. Everything besides
 * is done by CloudFormation, under its own role.
 */
import { allow, globalArn, type Place, type PolicyStatement } from './policy.ts';

/** The bootstrap's own mark in the names that it gives; another one is said to `cdk bootstrap` and in cdk.json. */
export const qualifier = 'hnb659fds';

export function deployerStatements(place: Place): PolicyStatement[] {
  const roles = ['deploy', 'file-publishing', 'lookup'].map((role) =>
    globalArn('iam', place, `role/cdk-${qualifier}-${role}-role-${place.account}-${place.region}`),
  );
  return [allow('ActAsBootstrapRoles', ['sts:AssumeRole'], roles)];
}
