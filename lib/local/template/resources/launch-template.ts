/**
 * Launch templates: passed whole to the EC2 stand-in, which uses the data or refuses what it does not know. An image that
 * is looked up in a parameter stays as written: a laptop has only one image.
 */
import { launchTemplateProperties } from '../../ec2/definitions.ts';
import { type Registry, withoutEffect } from '../resource-type.ts';
import { identifier } from './network.ts';

export const launchTemplateTypes: Registry = {
  'AWS::EC2::LaunchTemplate': {
    properties: {
      LaunchTemplateName: true,
      LaunchTemplateData: {
        ...Object.fromEntries(launchTemplateProperties.map((name) => [name, true as const])),
        IamInstanceProfile: { Arn: true },
        EbsOptimized: withoutEffect.hardware,
        Monitoring: 'there is no CloudWatch here',
      },
      TagSpecifications: true,
      VersionDescription: withoutEffect.description,
    },
    attributes: ['LaunchTemplateId', 'LatestVersionNumber', 'DefaultVersionNumber'],
    create({ stack, logicalId, properties, generatedName }, cloud) {
      const id = identifier('lt', stack, logicalId);
      const name: string = properties['LaunchTemplateName'] ?? generatedName(128);
      const tags = ownTags(properties['TagSpecifications']);
      cloud.machines.addLaunchTemplate({ id, name, data: properties['LaunchTemplateData'], tags });
      const attributes = { LaunchTemplateId: id, LatestVersionNumber: '1', DefaultVersionNumber: '1' };
      return { ref: id, attributes };
    },
  },
};

interface TagSpecification {
  readonly ResourceType: string;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

/** Policies may refer to a template's own tags. */
function ownTags(specifications: readonly TagSpecification[] = []): ReadonlyMap<string, string> {
  const own = specifications.filter(({ ResourceType }) => ResourceType === 'launch-template');
  return new Map(own.flatMap(({ Tags = [] }) => Tags.map(({ Key, Value }) => [Key, Value] as const)));
}
