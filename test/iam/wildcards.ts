/** Why a resource has a wildcard. A wildcard that is not explained here fails the test of the table. */

const driven = 'Systems Manager drives the machine that images are made on; its agent has no resources';

/** For actions that AWS lets nobody narrow by resource. Source: the service authorization reference. */
const withoutResources: Readonly<Record<string, string>> = {
  'ec2:DescribeFleets': 'fleets are made without names or tags to know them by',
  'ec2:DescribeInstances': 'EC2 has no resource-level control for reading instances',
  'ec2:DescribeSpotPriceHistory': 'prices are of no resource',
  'ec2:DescribeImages': 'EC2 has no resource-level control for reading images',
  'tag:GetResources': 'the tagging API has no resources',
  'ssm:UpdateInstanceInformation': driven,
  'ssmmessages:CreateControlChannel': driven,
  'ssmmessages:CreateDataChannel': driven,
  'ssmmessages:OpenControlChannel': driven,
  'ssmmessages:OpenDataChannel': driven,
  'ec2messages:AcknowledgeMessage': driven,
  'ec2messages:DeleteMessage': driven,
  'ec2messages:FailMessage': driven,
  'ec2messages:GetEndpoint': driven,
  'ec2messages:GetMessages': driven,
  'ec2messages:SendReply': driven,
};

/** By the end of the resource. */
const namedLater: readonly (readonly [end: string, reason: string])[] = [
  [':fleet/*', 'the fleet gets its id from this very call'],
  [':instance/*', 'machines get their ids at launch; the condition on the tag stands in for a list'],
  [':volume/*', 'disks get their ids at launch; the condition on the tag stands in for a list'],
  [':network-interface/*', 'interfaces get their ids at launch, and only from the templates'],
  [':spot-instances-request/*', 'EC2 makes the request itself, with an id of its own'],
  [
    ':launch-template/*',
    "thirty templates' names do not fit in a role; the condition on their tag stands in for a list",
  ],
  [
    ':snapshot/*',
    'snapshots get their ids when images are made; the condition on the tag stands in for a list',
  ],
  ['-linux-*/*', "versions of the environment's own images and components, named after what is in them"],
  [':::ec2imagebuilder*', "AWS's own buckets of the program that runs components, one in each region"],
  [
    ':log-group:/aws/imagebuilder/my-saas-linux-*',
    'Image Builder names the groups after the recipes of the environment',
  ],
  [':image/*', 'which image it is stands in the launch template, and RunInstances takes no other one'],
  [':subnet/*', 'a list would not fit twice; RunInstances, which every machine needs, names each subnet'],
  [
    '-costs-ACCOUNT-us-east-1/*',
    "the bucket is for AWS's service alone, and this is the statement that AWS checks for",
  ],
  ['/runner/*', "the objects of one folder of the platform's own bucket, named after GitHub's releases"],
];

/** @returns undefined where the resource has no wildcard; `:*` at the end means the streams of one log group */
export function wildcardReason(action: string, resource: string): string | undefined {
  if (!resource.replace(/:\*$/, '').includes('*')) return undefined;
  const [, later] = namedLater.find(([end]) => resource.endsWith(end)) ?? [];
  const reason = resource === '*' ? withoutResources[action] : later;
  if (reason) return reason;
  throw new Error(
    `${action} on ${resource} has a wildcard that is not explained: name the resource, or say in test/iam/wildcards.ts why AWS allows no other way.`,
  );
}
