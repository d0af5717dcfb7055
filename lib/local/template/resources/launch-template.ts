/**
 * Launch templates: handed to the EC2 stand-in whole, which decides what it understands of the data. An image that
 * the template looks up in a parameter gets an id made of the parameter's name.
 */
import { createHash } from 'node:crypto';
import { type Registry, withoutEffect } from '../resource-type.ts';
import { identifier } from './network.ts';

export const launchTemplateTypes: Registry = {
  'AWS::EC2::LaunchTemplate': {
    properties: {
      LaunchTemplateName: true,
      LaunchTemplateData: {
        ImageId: true,
        UserData: true,
        InstanceType: true,
        InstanceInitiatedShutdownBehavior: true,
        MetadataOptions: true,
        IamInstanceProfile: true,
        TagSpecifications: true,
        BlockDeviceMappings: true,
        CreditSpecification: true,
        NetworkInterfaces: true,
        SecurityGroupIds: true,
        EbsOptimized: withoutEffect.hardware,
        Monitoring: 'there is no CloudWatch here',
      },
      TagSpecifications: withoutEffect.tags,
      VersionDescription: withoutEffect.description,
    },
    attributes: ['LaunchTemplateId', 'LatestVersionNumber', 'DefaultVersionNumber'],
    create({ stack, logicalId, properties, generatedName }, cloud) {
      const id = identifier('lt', stack, logicalId);
      const name: string = properties['LaunchTemplateName'] ?? generatedName(128);
      const data = { ...properties['LaunchTemplateData'] } as Record<string, unknown>;
      if (typeof data['ImageId'] === 'string') data['ImageId'] = imageId(data['ImageId']);
      cloud.machines.addLaunchTemplate({ id, name, data });
      const attributes = { LaunchTemplateId: id, LatestVersionNumber: '1', DefaultVersionNumber: '1' };
      return { ref: id, attributes };
    },
  },
};

/** `{{resolve:ssm:…}}` is CloudFormation's to resolve, `resolve:ssm:…` EC2's. There is no parameter store here. */
function imageId(given: string): string {
  if (!/^(\{\{)?resolve:ssm:/.test(given)) return given;
  return `ami-${createHash('sha256').update(given).digest('hex').slice(0, 17)}`;
}
