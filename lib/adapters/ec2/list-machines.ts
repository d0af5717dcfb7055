/**
 * All machines of this deployment, a page at a time, found by two tags that each of them has from its start: the
 * environment, which also lets a function terminate it, and the launch. The launch template's reserved tag would be
 * harder to forge, but whoever can tag an instance can also terminate it, and only the records decide what a machine may
 * do.
 */
import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { InstallationId, InstanceId, LaunchId } from '../../core/ids.ts';
import { tagKeys } from '../../core/tags.ts';
import type { TaggedMachine } from '../../ports/compute.ts';
import { operationalError } from './errors.ts';

/** Without machines that are ending anyway. */
const states = ['pending', 'running', 'stopping', 'stopped'];
const pageSize = 500;

/** @throws OperationalError, also for a cursor that EC2 no longer accepts */
export async function listMachines(
  client: EC2Client,
  { environment, cursor }: { environment: string; cursor?: string },
): Promise<{ machines: TaggedMachine[]; cursor?: string }> {
  const request = new DescribeInstancesCommand({
    Filters: [
      { Name: `tag:${tagKeys.environment}`, Values: [environment] },
      { Name: 'tag-key', Values: [tagKeys.launch] },
      { Name: 'instance-state-name', Values: states },
    ],
    MaxResults: pageSize,
    ...(cursor === undefined ? {} : { NextToken: cursor }),
  });
  try {
    const { Reservations = [], NextToken } = await client.send(request);
    const machines = Reservations.flatMap(({ Instances = [] }) => Instances.map(taggedMachine));
    return NextToken ? { machines, cursor: NextToken } : { machines };
  } catch (error) {
    throw operationalError(error, 'DescribeInstances');
  }
}

function taggedMachine({ InstanceId: id, LaunchTime, Tags = [] }: Instance): TaggedMachine {
  const tagged = (key: string) => Tags.find((tag) => tag.Key === key)?.Value;
  const tenant = Number(tagged(tagKeys.tenant));
  return {
    instanceId: InstanceId(id ?? ''),
    launchedAt: LaunchTime?.getTime() ?? 0,
    launchId: LaunchId(tagged(tagKeys.launch) ?? ''),
    ...(Number.isSafeInteger(tenant) && tenant > 0 ? { installationId: InstallationId(tenant) } : {}),
  };
}
