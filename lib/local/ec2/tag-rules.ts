/**
 * EC2's rules for tags. Two of them matter here: a ticket must fit into a value, and a key that machines read as metadata
 * may not contain every character. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
 */
import { AwsError } from '../aws/service.ts';
import type { LaunchTemplateData } from './account.ts';
import type { Tag } from './form.ts';

/** Of one resource, without those of AWS. */
export const mostTags = 50;

/** @throws AwsError InvalidParameterValue */
export function checkTag(tag: Tag, data: LaunchTemplateData): void {
  if (tag.key.length > 128 || tag.value.length > 256) {
    throw new AwsError(
      'InvalidParameterValue',
      `The tag ${tag.key.slice(0, 128)} has a key of ${tag.key.length} and a value of ${tag.value.length} ` +
        'characters; at most 128 and 256 are allowed.',
    );
  }
  if (tag.key.startsWith('aws:')) {
    throw new AwsError(
      'InvalidParameterValue',
      `Tag keys starting with 'aws:' are reserved for internal use`,
    );
  }
  if (data.MetadataOptions?.InstanceMetadataTags === 'enabled' && !/^[\w+\-=.,:@]+$/.test(tag.key)) {
    throw new AwsError(
      'InvalidParameterValue',
      `'${tag.key}' is not a valid tag key. Tag keys must match pattern ` +
        '([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name, when instance tags ' +
        'can be read as metadata.',
    );
  }
}
