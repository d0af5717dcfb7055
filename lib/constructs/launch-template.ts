/**
 * What all machines of a tier are made from. A machine has no AWS permissions, no key, no open port, an encrypted disk,
 * and ceases to exist when it powers off. Instance types and subnets come with each launch.
 */
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { tagKeys } from '../core/tags.ts';
import type { Tier } from '../core/tier.ts';
import { imageParameter, rootDevice } from './runner-image.ts';

const diskGigabytes = 30;

export interface LaunchTemplateOptions {
  readonly environment: string;
  readonly tier: Tier;
  readonly securityGroupId: string;
  /** Base64. */
  readonly userData: string;
}

export function createLaunchTemplate(scope: Construct, options: LaunchTemplateOptions): CfnLaunchTemplate {
  const { environment, tier, securityGroupId, userData } = options;
  return new CfnLaunchTemplate(scope, tier.name, {
    launchTemplateName: `${environment}-${tier.name}`,
    tagSpecifications: [
      { resourceType: 'launch-template', tags: [{ key: tagKeys.environment, value: environment }] },
    ],
    launchTemplateData: {
      imageId: `resolve:ssm:${imageParameter(tier.architecture)}`,
      userData,
      securityGroupIds: [securityGroupId],
      instanceInitiatedShutdownBehavior: 'terminate',
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        // A container with a network of its own is one hop further away, and gets no answer.
        httpPutResponseHopLimit: 1,
        // The machine reads its launch ticket from its own tags.
        instanceMetadataTags: 'enabled',
      },
      blockDeviceMappings: [
        {
          deviceName: rootDevice,
          ebs: { encrypted: true, volumeType: 'gp3', volumeSize: diskGigabytes, deleteOnTermination: true },
        },
      ],
    },
  });
}
