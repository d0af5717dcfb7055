/**
 * The launches of `mayfly verify`: the platform's own request, but for its tags and its user data, and the tries that a role
 * of the platform must not be allowed, as dry runs. The machine carries the environment's tag, as IAM wants it, and none of
 * a launch, so the platform takes it for none of its own.
 */
import { randomBytes } from 'node:crypto';
import {
  type _InstanceType,
  CreateFleetCommand,
  type CreateFleetCommandInput,
  type EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { TierName } from '../core/ids.ts';
import { tagKeys } from '../core/tags.ts';

export interface LaunchTarget {
  readonly environment: string;
  readonly tier: TierName;
  readonly instanceType: string;
  readonly subnetId: string;
}

/** On machines, disks and network interfaces of verify: what an earlier run left behind is found by it. */
export const verifyTag = 'ghr:verify';

/** It is over in less. */
const lifeSeconds = 900;

export function verifyRequest({
  environment,
  tier,
  instanceType,
  subnetId,
}: LaunchTarget): CreateFleetCommandInput {
  const Tags = [
    { Key: tagKeys.environment, Value: environment },
    { Key: verifyTag, Value: environment },
    { Key: 'Name', Value: `${environment}-verify` },
  ];
  return {
    ClientToken: `verify-${randomBytes(12).toString('hex')}`,
    Type: 'instant',
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' },
    OnDemandOptions: { AllocationStrategy: 'prioritized' },
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: {
          LaunchTemplateName: `${environment}-${tier}`,
          Version: '$Latest',
          LaunchTemplateSpecificationUserData: Buffer.from(machineScript).toString('base64'),
        },
        Overrides: [{ InstanceType: instanceType as _InstanceType, SubnetId: subnetId, Priority: 0 }],
      },
    ],
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
      { ResourceType: 'network-interface', Tags },
    ],
  };
}

export interface Launched {
  readonly instanceIds: readonly string[];
  /** EC2's own words, where something fell short. */
  readonly errors: readonly string[];
}

/** @throws what EC2 says to the whole call */
export async function launch(client: EC2Client, request: CreateFleetCommandInput): Promise<Launched> {
  const { Instances = [], Errors = [] } = await client.send(new CreateFleetCommand(request));
  return {
    instanceIds: Instances.flatMap(({ InstanceIds = [] }) => InstanceIds),
    errors: Errors.map(({ ErrorCode, ErrorMessage }) => `${ErrorCode}: ${ErrorMessage}`),
  };
}

/** What nobody may launch under the conditions of the platform's roles, by what is wrong with it. */
export const forbiddenLaunches: Readonly<Record<string, Partial<RunInstancesCommandInput>>> = {
  // One that there is in every region.
  'another image': {
    ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
  },
  'another instance type': { InstanceType: 'p5.48xlarge' },
  'metadata without session tokens': { MetadataOptions: { HttpTokens: 'optional' } },
};

/** @returns EC2's code; `DryRunOperation` means that it would have been done */
export async function tryLaunch(
  client: EC2Client,
  { environment, tier, instanceType, subnetId }: LaunchTarget,
  change: Partial<RunInstancesCommandInput>,
): Promise<string> {
  const Tags = [{ Key: tagKeys.environment, Value: environment }];
  const command = new RunInstancesCommand({
    DryRun: true,
    MinCount: 1,
    MaxCount: 1,
    LaunchTemplate: { LaunchTemplateName: `${environment}-${tier}`, Version: '$Latest' },
    InstanceType: instanceType as _InstanceType,
    SubnetId: subnetId,
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
      { ResourceType: 'network-interface', Tags },
    ],
    ...change,
  });
  return client.send(command).then(
    () => 'no answer to a dry run',
    (error: Error) => error.name,
  );
}

/** Says what the machine sees of itself, where its console shows it, and powers off by itself, whatever becomes of verify. */
const machineScript = `#!/usr/bin/env bash
trap 'poweroff || poweroff --force' EXIT
url="\${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}"
url="\${url%/}/latest"
token="$(curl --silent --retry 5 --retry-connrefused --max-time 5 --request PUT \\
  --header 'x-aws-ec2-metadata-token-ttl-seconds: 600' "$url/api/token")"
read_path() { curl --silent --max-time 5 --header "x-aws-ec2-metadata-token: $token" "$url/$1"; }
say() { printf 'mayfly-verify %s=%s;\\n' "$1" "$2"; }
say tokenless "$(curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$url/meta-data/instance-id")"
say tag "$(read_path 'meta-data/tags/instance/${verifyTag}')"
say document "$(read_path dynamic/instance-identity/document | base64 | tr -d '\\n')"
say signature "$(read_path dynamic/instance-identity/signature | tr -d '\\n')"
say over yes
sleep ${lifeSeconds}
`;
