/**
 * Roles and policies, for the evaluator. AWS-managed policies count only if their content is written here; the name of
 * any other is an error, because granting nothing, or anything, for it would be wrong.
 */
import type { PolicyDocument } from '../../aws/service.ts';
import type { Cloud } from '../cloud.ts';
import { type Registry, withoutEffect } from '../resource-type.ts';

/** Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html */
const managedPolicies: Readonly<Record<string, PolicyDocument>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    },
  },
};

export const iamTypes: Registry = {
  'AWS::IAM::Role': {
    properties: {
      RoleName: true,
      AssumeRolePolicyDocument: true,
      Policies: { PolicyName: true, PolicyDocument: true },
      ManagedPolicyArns: true,
      PermissionsBoundary: true,
      Path: 'roles are found by name or ARN here',
      MaxSessionDuration: 'the keys of functions last as long as the laptop',
      Description: withoutEffect.description,
      Tags: withoutEffect.tags,
    },
    attributes: ['Arn', 'RoleId'],
    create({ properties, generatedName }, cloud) {
      const name: string = properties['RoleName'] ?? generatedName();
      const arn = `arn:aws:iam::${cloud.accountId}:role/${name}`;
      const inline = (properties['Policies'] ?? []) as { PolicyDocument: PolicyDocument }[];
      const boundary: unknown = properties['PermissionsBoundary'];
      const managed = (properties['ManagedPolicyArns'] ?? []) as string[];
      cloud.policies.addRole({
        name,
        arn,
        trust: properties['AssumeRolePolicyDocument'] as PolicyDocument,
        policies: [
          ...inline.map((policy) => policy.PolicyDocument),
          ...managed.map((policy) => managedPolicy(policy, cloud)),
        ],
        boundary: boundary === undefined ? undefined : managedPolicy(String(boundary), cloud),
      });
      return { ref: name, attributes: { Arn: arn, RoleId: `AROA-${name}` } };
    },
  },
  'AWS::IAM::InstanceProfile': {
    properties: { InstanceProfileName: true, Roles: true, Path: 'profiles are found by ARN here' },
    attributes: ['Arn'],
    create({ properties, generatedName }, cloud) {
      const name: string = properties['InstanceProfileName'] ?? generatedName(128);
      const [role, ...others] = properties['Roles'] as string[];
      if (role === undefined || others.length > 0) {
        throw new Error(`The instance profile ${name} must have exactly one role, as IAM takes no more.`);
      }
      return { ref: name, attributes: { Arn: cloud.machines.addInstanceProfile({ name, role }) } };
    },
  },
  'AWS::IAM::Policy': {
    properties: { PolicyName: true, PolicyDocument: true, Roles: true },
    attributes: ['Id'],
    create({ properties, logicalId }, cloud) {
      for (const role of properties['Roles'] as string[]) {
        cloud.policies.role(role).policies.push(properties['PolicyDocument'] as PolicyDocument);
      }
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
  },
};

function managedPolicy(arn: string, cloud: Cloud): PolicyDocument {
  const policies = { ...managedPolicies, ...cloud.managedPolicies };
  const known = policies[arn];
  if (known) return known;
  throw new Error(
    `The managed policy ${arn} is not known by content; known are ${Object.keys(policies).join(', ')}. ` +
      'Grant what is needed inline, or give its content to the laptop as one of managedPolicies.',
  );
}
