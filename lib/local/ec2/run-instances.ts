/**
 * RunInstances, only to test whether it would be allowed: `DryRun` is answered as by EC2, and a real launch is refused,
 * since machines here come only from CreateFleet. It also reads what the request overrides of the template.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
import { AwsError } from '../aws/service.ts';
import { type Ec2Account, findTemplate, type Lifecycle } from './account.ts';
import { type Form, form, forms, text, texts } from './form.ts';
import type { AskedPool } from './launch-questions.ts';

export interface AskedRun {
  readonly pool: AskedPool;
  readonly lifecycle: Lifecycle;
}

/** @throws AwsError for an unknown template or subnet */
export function readRun(account: Ec2Account, request: Form): AskedRun {
  const specification = form(request, 'LaunchTemplate');
  const found =
    Object.keys(specification).length === 0
      ? undefined
      : findTemplate(account, {
          id: text(specification, 'LaunchTemplateId'),
          name: text(specification, 'LaunchTemplateName'),
          version: text(specification, 'Version'),
        });
  const subnetId = text(request, 'SubnetId') ?? found?.data.NetworkInterfaces?.[0]?.SubnetId;
  const subnet = subnetId === undefined ? [...account.subnets.values()][0] : account.subnets.get(subnetId);
  if (!subnet) {
    throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId ?? ''}' does not exist`);
  }
  const groups = texts(request, 'SecurityGroupId');
  const isSpot = text(form(request, 'InstanceMarketOptions'), 'MarketType') === 'spot';
  return {
    pool: {
      template: found && { id: found.template.launchTemplateId, data: found.data },
      instanceType: text(request, 'InstanceType') ?? found?.data.InstanceType ?? 'm1.small',
      subnetId: subnet.subnetId,
      imageId: text(request, 'ImageId'),
      securityGroupIds: groups.length > 0 ? groups : undefined,
      httpTokens: text(form(request, 'MetadataOptions'), 'HttpTokens'),
      hasOwnDisks: forms(request, 'BlockDeviceMapping').length > 0,
    },
    lifecycle: isSpot ? 'spot' : 'on-demand',
  };
}

/** @throws AwsError always: DryRunOperation if it would have succeeded */
export function runInstances(request: Form): never {
  if (text(request, 'DryRun') === 'true') {
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  }
  throw new AwsError('InvalidAction', 'RunInstances starts no machine here; CreateFleet does.');
}
