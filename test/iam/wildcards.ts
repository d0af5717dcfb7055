/** Why a resource has a wildcard. A wildcard that is not explained here fails the test of the table. */

/** For actions that AWS lets nobody narrow by resource. Source: the service authorization reference. */
const withoutResources: Readonly<Record<string, string>> = {
  'ec2:DescribeInstances': 'EC2 has no resource-level control for reading instances',
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
  [':image/*', 'which image it is stands in the launch template, and its maker replaces it at will'],
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
