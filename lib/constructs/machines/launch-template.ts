/**
 * What all machines of a tier have in common. A machine has no key pair, no open port, an encrypted disk, no AWS
 * permissions unless its tier names a role, and is terminated when it powers off. Instance types and subnets come with
 * each launch.
 */
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { MachineSettings } from '../../config/check-machines.ts';
import { tagKeys } from '../../core/tags.ts';
import type { Tier } from '../../core/tier.ts';

export interface LaunchTemplateOptions {
  readonly environment: string;
  readonly tier: Tier;
  readonly machine: MachineSettings;
  /** An id, or a parameter that EC2 looks up at each launch. */
  readonly image: string;
  readonly securityGroupId: string;
  /** Absent: machines have no AWS permissions. */
  readonly instanceProfileArn: string | undefined;
  /** Encrypts the disk. Undefined: AWS's own key. */
  readonly kmsKeyArn: string | undefined;
  /** Base64. */
  readonly userData: string;
}

export function createLaunchTemplate(scope: Construct, options: LaunchTemplateOptions): CfnLaunchTemplate {
  const { environment, tier, machine, image, securityGroupId, instanceProfileArn, kmsKeyArn, userData } =
    options;
  return new CfnLaunchTemplate(scope, tier.name, {
    launchTemplateName: `${environment}-${tier.name}`,
    tagSpecifications: [
      { resourceType: 'launch-template', tags: [{ key: tagKeys.environment, value: environment }] },
    ],
    launchTemplateData: {
      imageId: image,
      userData,
      securityGroupIds: [securityGroupId],
      ...(instanceProfileArn ? { iamInstanceProfile: { arn: instanceProfileArn } } : {}),
      ...(machine.cpuCredits === undefined
        ? {}
        : { creditSpecification: { cpuCredits: machine.cpuCredits } }),
      instanceInitiatedShutdownBehavior: 'terminate',
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpProtocolIpv6: 'disabled',
        httpTokens: 'required',
        // A container with its own network is one hop further away, and gets no answer.
        httpPutResponseHopLimit: 1,
        // The machine reads its launch ticket from its own tags.
        instanceMetadataTags: 'enabled',
      },
      blockDeviceMappings: [
        {
          deviceName: machine.rootDevice,
          ebs: {
            encrypted: true,
            ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }),
            volumeType: 'gp3',
            volumeSize: machine.diskGigabytes,
            iops: machine.diskIops,
            throughput: machine.diskThroughputMegabytes,
            ...(machine.diskInitializationMegabytes === undefined
              ? {}
              : { volumeInitializationRate: machine.diskInitializationMegabytes }),
            deleteOnTermination: true,
          },
        },
      ],
    },
  });
}
