/** Systems Manager parameters: templates look their image up in one. Which image it holds has no effect on a laptop. */
import { type Registry, withoutEffect } from '../resource-type.ts';

export const ssmTypes: Registry = {
  'AWS::SSM::Parameter': {
    properties: {
      Name: true,
      DataType: true,
      Type: 'a text, whatever its type',
      Value: 'there is one image on a laptop',
      Description: withoutEffect.description,
      Tags: withoutEffect.tags,
    },
    attributes: ['Type', 'Value'],
    create({ properties, generatedName }, cloud) {
      const name = String(properties['Name'] ?? generatedName());
      cloud.machines.addParameter({ name, dataType: String(properties['DataType'] ?? 'text') });
      return { ref: name };
    },
  },
};
