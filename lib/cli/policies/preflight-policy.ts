/** What `mayfly preflight` reads, which `mayfly verify` reads too. */
import { allow, arn, type PolicyStatement, type PolicyTarget } from './policy.ts';

export const preflightStatements = (target: PolicyTarget): PolicyStatement[] => [
  allow('ReadQuotas', ['servicequotas:GetServiceQuota'], [arn('servicequotas', target, '*')]),
  // EC2 has no resource-level control for reading any of these.
  allow(
    'ReadWhatThereIs',
    [
      'ec2:DescribeAddresses',
      'ec2:DescribeAvailabilityZones',
      'ec2:DescribeInstanceTypeOfferings',
      'ec2:DescribeInstanceTypes',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ],
    ['*'],
  ),
  ...readImages(target),
];

const readImages = (target: PolicyTarget): PolicyStatement[] => {
  const { imageParameters = [] } = target;
  const resources = imageParameters.map((name) => arn('ssm', target, `parameter${name}`));
  return resources.length === 0 ? [] : [allow('ReadImages', ['ssm:GetParameters'], resources)];
};
