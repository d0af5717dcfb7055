/**
 * Launches and lists machines on EC2. A launch is one CreateFleet call, sent as it was stored. The result is read from
 * errors and instances together, since EC2 returns both. Absence is never reported as proof.
 */
import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  type CreateFleetCommandOutput,
  type CreateFleetError,
  type CreateFleetInstance,
  DescribeFleetsCommand,
  type EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';
import { chunksOf } from '../../core/chunks.ts';
import { InstanceId, type LaunchId } from '../../core/ids.ts';
import { tagKeys } from '../../core/tags.ts';
import type { Compute, LaunchAnswer, LaunchedInstance, LaunchFailure } from '../../ports/compute.ts';
import type { Ec2Clients } from './clients.ts';
import { describeInstances } from './describe-instances.ts';
import { answerOfError, launchFailure, poolFailure } from './errors.ts';
import { listMachines } from './list-machines.ts';
import { readConsole } from './read-console.ts';
import { terminate } from './terminate.ts';

/** EC2 takes at most 200 values in one filter. */
const idsPerCall = 200;

export function createCompute(clients: Ec2Clients): Compute {
  return {
    async launch(request) {
      try {
        // The stored request has EC2's own shape, but is read-only, which the SDK's types do not accept.
        const input = request as unknown as CreateFleetCommandInput;
        const answer = await clients.launching.send(new CreateFleetCommand(input));
        return answerOf(saysWhatCame(answer) ? answer : await fleetAsMade(clients.asking, answer));
      } catch (error) {
        return answerOfError(error);
      }
    },
    async findByLaunch(launchId: LaunchId) {
      const instances = await describeInstances(clients.asking, [
        { Name: `tag:${tagKeys.launch}`, Values: [launchId] },
      ]);
      return instances.map((instance) => ({
        instanceId: InstanceId(instance.InstanceId ?? ''),
        instanceType: instance.InstanceType ?? 'unknown',
        spot: instance.InstanceLifecycle === 'spot',
        ...(instance.Placement?.AvailabilityZone ? { zone: instance.Placement.AvailabilityZone } : {}),
        ...(instance.LaunchTime ? { startedAt: instance.LaunchTime.getTime() } : {}),
      }));
    },
    async describe(instanceIds) {
      const found: Instance[] = [];
      // By filter, not by id: an unknown id would fail the whole call.
      for (const ids of chunksOf(instanceIds, idsPerCall)) {
        found.push(...(await describeInstances(clients.asking, [{ Name: 'instance-id', Values: ids }])));
      }
      return found.map(({ InstanceId: id, State, StateReason }) => ({
        instanceId: InstanceId(id ?? ''),
        state: State?.Name ?? 'unknown',
        // Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
        ...(StateReason?.Code === 'Server.SpotInstanceTermination' ? { takenBack: true } : {}),
      }));
    },
    listMachines: (page) => listMachines(clients.asking, page),
    terminate: (instanceIds) => terminate(clients.asking, instanceIds),
    readConsole: (instanceId) => readConsole(clients.asking, instanceId),
  };
}

type Fleet = Pick<CreateFleetCommandOutput, 'FleetId' | 'Instances' | 'Errors'>;

/** EC2 does not document whether it lists the former result when a token is used again. */
const saysWhatCame = ({ Instances = [], Errors = [] }: Fleet) => Instances.length + Errors.length > 0;

/**
 * An instant fleet's own record lists what it started and why it started no more.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FleetData.html
 * @throws Error if EC2 does not show it (yet), or cannot be reached: the launch's result stays unclear
 */
async function fleetAsMade(client: EC2Client, { FleetId = '' }: Fleet): Promise<Fleet> {
  const unclear = (cause?: unknown) =>
    Object.assign(new Error(`EC2 does not show what the fleet ${FleetId} started.`, { cause }), {
      name: 'FleetNotShown',
    });
  const asked = client.send(new DescribeFleetsCommand({ FleetIds: [FleetId] }));
  const { Fleets = [] } = await asked.catch((cause: unknown) => Promise.reject(unclear(cause)));
  const fleet = Fleets.find((one) => one.FleetId === FleetId);
  if (fleet && saysWhatCame(fleet)) return fleet;
  throw unclear();
}

function answerOf(output: Fleet): LaunchAnswer {
  const instances: LaunchedInstance[] = (output.Instances ?? []).flatMap((group) =>
    (group.InstanceIds ?? []).map((id) => ({
      instanceId: InstanceId(id),
      instanceType: group.InstanceType ?? 'unknown',
      spot: group.Lifecycle === 'spot',
      ...subnetOf(group),
    })),
  );
  const failures = (output.Errors ?? []).map((error) => {
    const about = poolOf(error);
    const classify = about.pool ? poolFailure : launchFailure;
    return { ...classify(error.ErrorCode ?? 'Unknown', error.ErrorMessage ?? ''), ...about };
  });
  return { kind: 'answered', instances, failures };
}

const subnetOf = ({
  LaunchTemplateAndOverrides,
}: CreateFleetInstance): Pick<LaunchedInstance, 'subnetId'> => {
  const subnetId = LaunchTemplateAndOverrides?.Overrides?.SubnetId;
  return subnetId === undefined ? {} : { subnetId };
};

/** EC2 says with each error what it tried; a pool is named only if all of that is there. */
function poolOf({ Lifecycle, LaunchTemplateAndOverrides }: CreateFleetError): Pick<LaunchFailure, 'pool'> {
  const { InstanceType: instanceType, SubnetId: subnetId } = LaunchTemplateAndOverrides?.Overrides ?? {};
  if (!Lifecycle || !instanceType || !subnetId) return {};
  return { pool: { market: Lifecycle === 'spot' ? 'spot' : 'on-demand', instanceType, subnetId } };
}
