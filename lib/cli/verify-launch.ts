/**
 * The launches of `mayfly verify`: the platform's own request except for its tags and user data, and dry runs of
 * requests that the platform's roles must not be allowed. The machine has the environment's tag, as IAM requires, but
 * no launch's tag, so the platform does not treat it as its own.
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

/** Tags machines, disks and network interfaces of verify, so that the leftovers of an earlier run can be found. */
export const verifyTag = 'ghr:verify';

/** verify takes less time than this. */
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
  /** EC2's own messages, if a pool fell short. */
  readonly errors: readonly string[];
}

/** @throws EC2's error about the whole call */
export async function launch(client: EC2Client, request: CreateFleetCommandInput): Promise<Launched> {
  const { Instances = [], Errors = [] } = await client.send(new CreateFleetCommand(request));
  return {
    instanceIds: Instances.flatMap(({ InstanceIds = [] }) => InstanceIds),
    errors: Errors.map(({ ErrorCode, ErrorMessage }) => `${ErrorCode}: ${ErrorMessage}`),
  };
}

/** Launches that the conditions of the platform's roles must deny, by what is wrong with each. */
export const forbiddenLaunches: Readonly<Record<string, Partial<RunInstancesCommandInput>>> = {
  // This image exists in every region.
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

/**
 * Prints what the machine sees of its own environment to its console, and powers off by itself, whatever happens to
 * verify.
 */
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
