/** Sets an organization's permissions boundary on every role below a scope, including those that the CDK creates. */
import { type IManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

export function boundRoles(scope: IConstruct, permissionsBoundaryArn: string | undefined): void {
  if (permissionsBoundaryArn === undefined) return;
  // Only the policy's ARN is needed; an imported policy would need a stack, and an app is not one.
  PermissionsBoundary.of(scope).apply({ managedPolicyArn: permissionsBoundaryArn } as IManagedPolicy);
}
