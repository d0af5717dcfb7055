/** A bound that an organization sets for what any role may ever do, on every role below a scope, those of the CDK included. */
import { type IManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

export function boundRoles(scope: IConstruct, permissionsBoundaryArn: string | undefined): void {
  if (permissionsBoundaryArn === undefined) return;
  // All that is asked of the policy is its ARN; an imported one would need a stack, which an app is not.
  PermissionsBoundary.of(scope).apply({ managedPolicyArn: permissionsBoundaryArn } as IManagedPolicy);
}
