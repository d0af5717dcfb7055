/**
 * Adds launch templates and subnets to the stand-in's account, for the loader of synthesized templates. A launch template
 * is refused if it has a property that the stand-in neither uses nor can safely ignore; the error names it.
 */
import {
  type Ec2Account,
  type LaunchTemplate,
  type LaunchTemplateData,
  newId,
  type Subnet,
} from './account.ts';
import { userDataLimit } from './create-fleet.ts';

/** Used, or without meaning for a machine that is a process. The loader of synthesized templates accepts only these. */
export const launchTemplateProperties = [
  'BlockDeviceMappings',
  'CreditSpecification',
  'EbsOptimized',
  'IamInstanceProfile',
  'ImageId',
  'InstanceInitiatedShutdownBehavior',
  'InstanceType',
  'MetadataOptions',
  'Monitoring',
  'NetworkInterfaces',
  'SecurityGroupIds',
  'TagSpecifications',
  'UserData',
];

export interface TemplateDefinition {
  readonly name: string;
  readonly data: LaunchTemplateData;
  readonly id?: string;
  /** Of the template itself. */
  readonly tags?: ReadonlyMap<string, string>;
}

export function defineLaunchTemplate(account: Ec2Account, definition: TemplateDefinition): LaunchTemplate {
  const { name, data, id, tags = new Map() } = definition;
  const strange = Object.keys(data).filter((property) => !launchTemplateProperties.includes(property));
  if (strange.length > 0) {
    throw new Error(
      `The launch template ${name} has ${strange.join(', ')}, which this EC2 does not understand; ` +
        `it understands ${launchTemplateProperties.join(', ')}.`,
    );
  }
  const { Arn: profile, ...byName } = data.IamInstanceProfile ?? {};
  const isKnown = profile === undefined || account.instanceProfiles.has(profile);
  if (!isKnown || Object.keys(byName).length > 0) {
    throw new Error(
      `The launch template ${name} has the instance profile ${JSON.stringify(data.IamInstanceProfile)}; ` +
        'it must be named by the ARN of one that exists here.',
    );
  }
  checkDisks(name, data);
  refuseUnknownParameter(account, name, data.ImageId);
  const size = Buffer.from(data.UserData ?? '', 'base64').length;
  if (size > userDataLimit) {
    throw new Error(`The user data of ${name} has ${size} bytes; EC2 takes at most ${userDataLimit}.`);
  }
  const known = [...account.templates.values()].find((template) => template.launchTemplateName === name);
  if (known) {
    known.versions.push(data);
    return known;
  }
  const template = { launchTemplateId: id ?? newId('lt'), launchTemplateName: name, tags, versions: [data] };
  account.templates.set(template.launchTemplateId, template);
  return template;
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateEbsBlockDeviceRequest.html */
function checkDisks(name: string, data: LaunchTemplateData): void {
  for (const mapping of data.BlockDeviceMappings ?? []) {
    const rate = (mapping as { Ebs?: { VolumeInitializationRate?: unknown } }).Ebs?.VolumeInitializationRate;
    if (rate === undefined || (Number(rate) >= 100 && Number(rate) <= 300)) continue;
    throw new Error(`The launch template ${name} fills a disk at ${rate} MiB/s; EC2 takes 100 to 300.`);
  }
}

/**
 * EC2 looks the parameter up when a version of a template is made, and accepts only those of the data type
 * `aws:ec2:image`. AWS's own public parameters exist.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html#use-an-ssm-parameter-instead-of-an-ami-id
 */
function refuseUnknownParameter(account: Ec2Account, template: string, image: string | undefined): void {
  const [, parameter] = /^resolve:ssm:([^:]+)/.exec(image ?? '') ?? [];
  if (parameter === undefined || parameter.startsWith('/aws/service/')) return;
  const dataType = account.parameters.get(parameter);
  if (dataType === 'aws:ec2:image') return;
  throw new Error(
    `The launch template ${template} looks its image up in the parameter ${parameter}, ` +
      (dataType === undefined
        ? 'which does not exist yet; it must be made before the template.'
        : `whose data type is ${dataType}; it must be aws:ec2:image.`),
  );
}

export function defineSubnet(
  account: Ec2Account,
  given: Partial<Subnet> & { readonly availabilityZone: string },
): Subnet {
  const subnet = {
    subnetId: given.subnetId ?? newId('subnet'),
    vpcId: given.vpcId ?? 'vpc-0f000000000000000',
    availabilityZone: given.availabilityZone,
  };
  account.subnets.set(subnet.subnetId, subnet);
  return subnet;
}

/** @returns its ARN. A profile has one role; the machine cannot use it, since no credentials are served here. */
export function defineInstanceProfile(
  account: Ec2Account,
  { name, role }: { name: string; role: string },
): string {
  const arn = `arn:aws:iam::${account.accountId}:instance-profile/${name}`;
  account.instanceProfiles.set(arn, role);
  return arn;
}
