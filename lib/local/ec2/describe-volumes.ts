/**
 * DescribeVolumes, by the machine that a disk is attached to: each has one, which goes with it.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
 */
import { AwsError } from '../aws/service.ts';
import { type Ec2Account, isLive } from './account.ts';
import { type Form, forms, requiredText, texts } from './form.ts';
import type { Members } from './xml.ts';

const known = 'attachment.instance-id';

export function describeVolumes(account: Ec2Account, request: Form): Members {
  const filters = forms(request, 'Filter');
  const strange = filters.map((filter) => requiredText(filter, 'Name')).find((name) => name !== known);
  if (strange !== undefined)
    throw new AwsError('InvalidParameterValue', `The filter '${strange}' is invalid`);
  const asked = filters.flatMap((filter) => texts(filter, 'Value'));
  const machines = [...account.instances.values()].filter(
    (instance) => isLive(instance) && (filters.length === 0 || asked.includes(instance.instanceId)),
  );
  return {
    volumeSet: machines.map(({ instanceId, template, volumeTags }) => ({
      volumeId: instanceId.replace(/^i-/, 'vol-'),
      encrypted: template.data.BlockDeviceMappings?.[0]?.Ebs?.Encrypted ?? false,
      attachmentSet: [{ instanceId, status: 'attached' }],
      tagSet: [...volumeTags].map(([key, value]) => ({ key, value })),
    })),
  };
}
