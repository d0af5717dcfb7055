/**
 * EC2 as the adapter that ends machines sees it: one id that EC2 does not show, or has forgotten, makes it refuse the
 * whole call, as `UnauthorizedOperation` and without naming the id, because the permission has a condition on tags.
 * Sources: https://github.com/aws/karpenter-provider-aws/issues/2100,
 * https://github.com/runs-on/terraform-aws-runs-on/issues/60
 */
import { DescribeInstancesCommand, type EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { InstanceId } from '../../../lib/core/ids.ts';
import type { MemoryCompute } from '../../fakes/compute.ts';

/** @param end ends machines that EC2 shows */
export function forgetfulEc2(
  machines: MemoryCompute['machines'],
  end: (instanceIds: readonly InstanceId[]) => Promise<unknown>,
): EC2Client {
  const isShown = (id: string) => machines.get(InstanceId(id))?.hidden === false;
  const send = async (command: unknown) => {
    if (command instanceof TerminateInstancesCommand) {
      const ids = command.input.InstanceIds ?? [];
      if (!ids.every(isShown)) throw new UnauthorizedOperation();
      await end(ids.map(InstanceId));
      return {};
    }
    if (!(command instanceof DescribeInstancesCommand)) throw new Error('Only machines are ended here.');
    const ids = command.input.Filters?.flatMap(({ Values = [] }) => Values) ?? [];
    return { Reservations: [{ Instances: ids.filter(isShown).map((id) => ({ InstanceId: id })) }] };
  };
  return { send } as unknown as EC2Client;
}

class UnauthorizedOperation extends Error {
  override readonly name = 'UnauthorizedOperation';
  override readonly message = 'You are not authorized to perform this operation.';
}
