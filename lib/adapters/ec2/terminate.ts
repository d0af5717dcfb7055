/**
 * Terminates machines. One unknown id makes EC2 refuse the whole call, so unknown ids are removed and the rest is sent
 * again. EC2's error names them, unless the permission has a condition on tags: then they are looked up.
 */
import { type EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { chunksOf } from '../../core/chunks.ts';
import type { InstanceId } from '../../core/ids.ts';
import { describeInstances } from './describe-instances.ts';
import { describeError, operationalError } from './errors.ts';

/** Each repeated call leaves out at least one more id, so a chunk takes at most as many calls as it has ids. */
const idsPerCall = 50;
const unknownIdCodes = ['InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed', 'InvalidInstanceID'];

/** @throws OperationalError if EC2 could not be reached; machines accepted before that may be terminated again */
export async function terminate(
  client: EC2Client,
  instanceIds: readonly InstanceId[],
): Promise<{ accepted: InstanceId[]; unknown: InstanceId[] }> {
  const accepted: InstanceId[] = [];
  const unknown: InstanceId[] = [];
  const all = [...new Set(instanceIds)];
  for (const some of chunksOf(all, idsPerCall)) {
    let rest = some;
    while (rest.length > 0) {
      const strangers = await terminateKnown(client, rest);
      if (strangers.length === 0) accepted.push(...rest);
      unknown.push(...strangers);
      rest = strangers.length === 0 ? [] : rest.filter((id) => !strangers.includes(id));
    }
  }
  return { accepted, unknown };
}

/** Empty: all were accepted. Otherwise none was, because of these. */
async function terminateKnown(client: EC2Client, ids: readonly InstanceId[]): Promise<InstanceId[]> {
  try {
    await client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
    return [];
  } catch (error) {
    const strangers = await strangersAmong(client, ids, error);
    if (strangers.length === 0) throw operationalError(error, 'TerminateInstances');
    return strangers;
  }
}

/**
 * A machine that EC2 has forgotten has no tags, so the condition of the grant fails before EC2 looks for the machine.
 * Source: https://github.com/aws/karpenter-provider-aws/issues/2100
 */
async function strangersAmong(
  client: EC2Client,
  ids: readonly InstanceId[],
  error: unknown,
): Promise<InstanceId[]> {
  const { code, message } = describeError(error);
  if (code === 'UnauthorizedOperation') {
    // By filter, not by id: an unknown id would fail this call as well.
    const known = await describeInstances(client, [{ Name: 'instance-id', Values: [...ids] }]);
    const shown = new Set(known.map(({ InstanceId: id }) => id));
    return ids.filter((id) => !shown.has(id));
  }
  const named = new Set(message.match(/\bi-[0-9A-Za-z]+/g) ?? []);
  return unknownIdCodes.includes(code) ? ids.filter((id) => named.has(id)) : [];
}
