/**
 * Which condition keys EC2 provides about each resource that takes part in a launch. A policy that tests any other key
 * finds it missing, and a condition without IfExists then refuses: so only keys in AWS's table may be provided.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html (CreateFleet, RunInstances)
 */

/** `ec2:Region`, and the tags of the request and of the resource, are provided separately. */
export type LaunchKey =
  | 'ec2:launchtemplate'
  | 'ec2:islaunchtemplateresource'
  | 'ec2:instancetype'
  | 'ec2:instancemarkettype'
  | 'ec2:metadatahttptokens';

export type LaunchAction = 'ec2:CreateFleet' | 'ec2:RunInstances';

const template = ['ec2:launchtemplate', 'ec2:islaunchtemplateresource'] as const;

const keys: Readonly<Record<LaunchAction, Readonly<Record<string, readonly LaunchKey[]>>>> = {
  'ec2:CreateFleet': { instance: ['ec2:instancetype'] },
  'ec2:RunInstances': {
    instance: [...template, 'ec2:instancetype', 'ec2:instancemarkettype', 'ec2:metadatahttptokens'],
    volume: template,
    'network-interface': template,
    subnet: template,
    'launch-template': template,
    image: template,
    'security-group': template,
    // A spot request has no template keys.
  },
};

export const launchKeys = (action: LaunchAction, resourceType: string): readonly LaunchKey[] =>
  keys[action][resourceType] ?? [];
