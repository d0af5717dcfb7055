/** What `mayfly preflight` reads, which `mayfly verify` reads too. */
import { allow, arn, type Place, type PolicyStatement } from './policy.ts';

export const preflightStatements = (place: Place): PolicyStatement[] => [
  allow('ReadQuotas', ['servicequotas:GetServiceQuota'], [arn('servicequotas', place, '*')]),
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
  ...readImages(place),
];

const readImages = (place: Place): PolicyStatement[] => {
  const { imageParameters = [] } = place;
  const resources = imageParameters.map((name) => arn('ssm', place, `parameter${name}`));
  return resources.length === 0 ? [] : [allow('ReadImages', ['ssm:GetParameters'], resources)];
};
