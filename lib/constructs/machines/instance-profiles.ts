/**
 * The instance profiles of tiers that name a role, one for each role: EC2 gives roles to machines only through profiles.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
 */
import { CfnInstanceProfile } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';

/** @returns the profile's ARN by the role's */
export function createInstanceProfiles(scope: Construct, config: CheckedConfig): ReadonlyMap<string, string> {
  const roles = instanceRoles(config);
  if (roles.length === 0) return new Map();
  const profiles = new Construct(scope, 'InstanceProfiles');
  return new Map(
    roles.map((roleArn) => {
      const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
      return [roleArn, new CfnInstanceProfile(profiles, roleName, { roles: [roleName] }).attrArn];
    }),
  );
}

/** Without duplicates, in a fixed order. */
export const instanceRoles = ({ machines }: CheckedConfig): string[] =>
  [...new Set([...machines.values()].flatMap(({ instanceRoleArn }) => instanceRoleArn ?? []))].sort();
