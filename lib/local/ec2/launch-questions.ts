/**
 * What IAM must allow before machines are launched. EC2 checks CreateFleet itself, then CreateFleet and RunInstances on
 * every resource that takes part, once for each pool, then CreateTags on everything that is tagged, then its own actions
 * in the caller's name. AWS's reference and policies known to work disagree on whether CreateFleet covers security
 * groups, network interfaces and spot requests; here it does, so that a policy holds in either case.
 * `ec2:IsLaunchTemplateResource` is true for what comes from the template, and false for what the request overrides; a
 * network interface goes with its subnet.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances-launch-templates
 */
import { keyQuestion } from '../aws/keys.ts';
import type { IamQuestion } from '../aws/service.ts';
import {
  type Ec2Account,
  imageOf,
  type LaunchTemplateData,
  type Lifecycle,
  securityGroupsOf,
} from './account.ts';
import type { Tag } from './form.ts';
import { type Context, ec2Arn, ec2Question, regionContext, requestTags, tagContext } from './iam-context.ts';
import { type LaunchAction, type LaunchKey, launchKeys } from './launch-keys.ts';

/** One instance type in one subnet: what the template says, and what the request overrides. */
export interface AskedPool {
  readonly template: { readonly id: string; readonly data: LaunchTemplateData } | undefined;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly imageId?: string | undefined;
  readonly securityGroupIds?: readonly string[] | undefined;
  readonly httpTokens?: string | undefined;
  readonly hasOwnDisks?: boolean;
}

export interface AskedLaunch {
  readonly actions: readonly LaunchAction[];
  readonly createAction: 'CreateFleet' | 'RunInstances';
  readonly pools: readonly AskedPool[];
  readonly lifecycle: Lifecycle;
  readonly tagged: (resourceType: string) => readonly Tag[];
}

export function launchQuestions(account: Ec2Account, launch: AskedLaunch): IamQuestion[] {
  const parts = launch.actions.flatMap((action) =>
    launch.pools.flatMap((pool) => poolQuestions(account, launch, { action, pool })),
  );
  return [
    ...withoutRepetitions(parts),
    ...['fleet', 'instance', 'volume', 'network-interface']
      .filter((resourceType) => launch.tagged(resourceType).length > 0)
      .map((resourceType) =>
        ec2Question(account, 'CreateTags', `${resourceType}/*`, {
          'ec2:createaction': launch.createAction,
          ...requestTags(launch.tagged(resourceType)),
        }),
      ),
    ...inTheCallersName(account, launch),
  ];
}

function poolQuestions(
  account: Ec2Account,
  launch: AskedLaunch,
  { action, pool }: { action: LaunchAction; pool: AskedPool },
): IamQuestion[] {
  return partsOf(account, launch, pool).map(({ resource, isFromTemplate }): IamQuestion => {
    const resourceType = resource.split(':')[5]?.split('/')[0] ?? '';
    const values: Readonly<Record<LaunchKey, string | undefined>> = {
      'ec2:launchtemplate': pool.template && ec2Arn(account, `launch-template/${pool.template.id}`),
      'ec2:islaunchtemplateresource': String(pool.template !== undefined && isFromTemplate),
      'ec2:instancetype': pool.instanceType,
      'ec2:instancemarkettype': launch.lifecycle,
      'ec2:metadatahttptokens':
        pool.httpTokens ?? pool.template?.data.MetadataOptions?.HttpTokens ?? 'optional',
    };
    const given = launchKeys(action, resourceType).flatMap((key): [string, string][] => {
      const value = values[key];
      return value === undefined ? [] : [[key, value]];
    });
    const context: Context = {
      ...regionContext(account),
      ...Object.fromEntries(given),
      ...(resourceType === 'launch-template'
        ? tagContext(account.templates.get(pool.template?.id ?? '')?.tags)
        : {}),
      ...requestTags(launch.tagged(resourceType)),
    };
    return { action, resource, context };
  });
}

interface Part {
  readonly resource: string;
  readonly isFromTemplate: boolean;
}

function partsOf(account: Ec2Account, { lifecycle }: AskedLaunch, pool: AskedPool): Part[] {
  const { region } = account;
  const data: LaunchTemplateData = pool.template?.data ?? {};
  const isOwnSubnet = data.NetworkInterfaces?.[0]?.SubnetId === pool.subnetId;
  const part = (resource: string, isFromTemplate = true): Part => ({
    resource: ec2Arn(account, resource),
    isFromTemplate,
  });
  return [
    part('instance/*'),
    part('volume/*', !pool.hasOwnDisks),
    part('network-interface/*', isOwnSubnet),
    ...(lifecycle === 'spot' ? [part('spot-instances-request/*')] : []),
    part(`subnet/${pool.subnetId}`, isOwnSubnet),
    ...(pool.template ? [part(`launch-template/${pool.template.id}`)] : []),
    {
      resource: `arn:aws:ec2:${region}::image/${imageOf(pool.imageId ?? data.ImageId)}`,
      isFromTemplate: pool.imageId === undefined,
    },
    ...(pool.securityGroupIds ?? securityGroupsOf(data)).map((id) =>
      part(`security-group/${id}`, pool.securityGroupIds === undefined),
    ),
  ];
}

const withoutRepetitions = (questions: readonly IamQuestion[]): IamQuestion[] => [
  ...new Map(questions.map((question) => [JSON.stringify(question), question])).values(),
];

function inTheCallersName(account: Ec2Account, { pools, lifecycle }: AskedLaunch): IamQuestion[] {
  const templates = pools.flatMap(({ template }) => (template ? [template.data] : []));
  const profiles = new Set(templates.flatMap((data) => data.IamInstanceProfile?.Arn ?? []));
  const keys = new Set(
    templates.flatMap((data) => (data.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.KmsKeyId ?? [])),
  );
  const images = pools.map(({ imageId, template }) => imageId ?? template?.data.ImageId);
  return [
    // An instance profile's role has no path.
    ...[...profiles].map(
      (profile): IamQuestion => ({
        action: 'iam:PassRole',
        resource: `arn:aws:iam::${account.accountId}:role/${account.instanceProfiles.get(profile)}`,
        context: { 'iam:passedtoservice': 'ec2.amazonaws.com' },
      }),
    ),
    ...[...keys].flatMap((key) => diskKeyQuestions(account, key)),
    ...imageParameters(account, images).map(
      (resource): IamQuestion => ({ action: 'ssm:GetParameters', resource, context: regionContext(account) }),
    ),
    ...(lifecycle === 'spot' ? spotRole(account) : []),
  ];
}

/** A disk under an operator's own key: EC2 uses the key, and grants it to the disk. */
function diskKeyQuestions({ region }: Ec2Account, key: string): IamQuestion[] {
  const uses = ['kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:CreateGrant'];
  return uses.map((use) => keyQuestion({ use, key, service: 'ec2', region }));
}

/** An image named by a parameter is looked up there. Public parameters have no account. */
function imageParameters(account: Ec2Account, images: readonly (string | undefined)[]): string[] {
  const names = images.flatMap((image) => /^resolve:ssm:(\/?[^:]+)/.exec(image ?? '')?.[1] ?? []);
  return [...new Set(names)].map((name) => {
    const owner = name.startsWith('/aws/') ? '' : account.accountId;
    return `arn:aws:ssm:${account.region}:${owner}:parameter/${name.replace(/^\//, '')}`;
  });
}

/**
 * EC2 creates its own role for spot if the account has none.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
 */
function spotRole(account: Ec2Account): IamQuestion[] {
  if ([...account.instances.values()].some(({ lifecycle }) => lifecycle === 'spot')) return [];
  const role = 'aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot';
  return [
    {
      action: 'iam:CreateServiceLinkedRole',
      resource: `arn:aws:iam::${account.accountId}:role/${role}`,
      context: { 'iam:awsservicename': 'spot.amazonaws.com' },
    },
  ];
}
