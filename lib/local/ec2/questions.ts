/**
 * What IAM must allow before an EC2 call is answered. CreateFleet is asked about as EC2 does it: the fleet,
 * then CreateFleet and RunInstances on every resource that takes part, then CreateTags on whatever is
 * tagged, then what EC2 does in the caller's name. AWS's reference and policies that are known to work do
 * not agree on whether CreateFleet is about security groups, network interfaces and spot requests too; here
 * it is, so that a policy holds in either case.
 * Approximates: condition keys that are not listed here are absent (so a policy that needs one refuses);
 * the machines' market and types are asked about together, as one set of values; images carry no tags;
 * the role of an instance profile is one without a path.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { keyQuestion } from '../aws/keys.ts';
import type { IamQuestion } from '../aws/service.ts';
import { type FleetPlan, readFleetPlan, tagsOnCreate } from './create-fleet.ts';
import { type Form, requiredText, type Tag, tags, texts } from './form.ts';
import { imageOf, type LaunchTemplateData, securityGroupsOf, type World } from './world.ts';

type Context = Record<string, string | readonly string[]>;

export function ec2Questions(world: World, action: string, request: Form): IamQuestion[] {
  switch (action) {
    case 'CreateFleet':
      return createFleetQuestions(world, request);
    case 'TerminateInstances':
      return instanceQuestions(world, action, texts(request, 'InstanceId'));
    case 'GetConsoleOutput':
      return instanceQuestions(world, action, [requiredText(request, 'InstanceId')]);
    case 'CreateTags':
      return texts(request, 'ResourceId').map((id) => ({
        action: 'ec2:CreateTags',
        resource: arn(world, `instance/${id}`),
        context: { ...regionContext(world), ...resourceTags(world, id), ...requestTags(tags(request)) },
      }));
    default:
      return [{ action: `ec2:${action}`, resource: '*', context: regionContext(world) }];
  }
}

const regionContext = (world: World): Context => ({ 'ec2:region': world.region });
const arn = (world: World, resource: string) => `arn:aws:ec2:${world.region}:${world.accountId}:${resource}`;

function instanceQuestions(world: World, action: string, instanceIds: readonly string[]): IamQuestion[] {
  return instanceIds.map((id) => ({
    action: `ec2:${action}`,
    resource: arn(world, `instance/${id}`),
    context: { ...regionContext(world), ...resourceTags(world, id) },
  }));
}

function createFleetQuestions(world: World, request: Form): IamQuestion[] {
  const plan = readFleetPlan(world, request);
  const data = (plan.overrides[0] as FleetPlan['overrides'][number]).template.data;
  const tagged = (resourceType: string): Tag[] =>
    tagsOnCreate(request, data, resourceType).map(([key, value]) => ({ key, value }));
  const created = ['instance', 'volume', 'network-interface'];
  return [
    {
      action: 'ec2:CreateFleet',
      resource: arn(world, 'fleet/*'),
      context: { ...regionContext(world), ...requestTags(tagged('fleet')) },
    },
    ...['ec2:CreateFleet', 'ec2:RunInstances'].flatMap((action) =>
      runInstancesResources(world, plan).map(
        (resource): IamQuestion => ({
          action,
          resource,
          context: {
            ...launchContext(world, plan),
            ...templateTags(world, resource),
            ...requestTags(tagged(resourceTypeOf(resource))),
          },
        }),
      ),
    ),
    ...['fleet', ...created]
      .filter((resourceType) => tagged(resourceType).length > 0)
      .map(
        (resourceType): IamQuestion => ({
          action: 'ec2:CreateTags',
          resource: arn(world, `${resourceType}/*`),
          context: {
            ...regionContext(world),
            'ec2:createaction': 'CreateFleet',
            ...requestTags(tagged(resourceType)),
          },
        }),
      ),
    ...passedRoles(world, plan).map(
      (role): IamQuestion => ({
        action: 'iam:PassRole',
        resource: `arn:aws:iam::${world.accountId}:role/${role}`,
        context: { 'iam:passedtoservice': 'ec2.amazonaws.com' },
      }),
    ),
    ...diskKeyQuestions(world, data),
    ...imageParameters(world, plan).map(
      (resource): IamQuestion => ({
        action: 'ssm:GetParameters',
        resource,
        context: regionContext(world),
      }),
    ),
    ...spotRole(world, plan),
  ];
}

/**
 * EC2 makes its own role for spot, in the caller's name, when the account has none.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
 */
function spotRole(world: World, plan: FleetPlan): IamQuestion[] {
  const isThere = [...world.instances.values()].some(({ lifecycle }) => lifecycle === 'spot');
  if (plan.lifecycle !== 'spot' || isThere) return [];
  const role = 'aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot';
  return [
    {
      action: 'iam:CreateServiceLinkedRole',
      resource: `arn:aws:iam::${world.accountId}:role/${role}`,
      context: { 'iam:awsservicename': 'spot.amazonaws.com' },
    },
  ];
}

function passedRoles(world: World, plan: FleetPlan): string[] {
  const profiles = plan.overrides.flatMap(({ template }) => template.data.IamInstanceProfile?.Arn ?? []);
  return [...new Set(profiles)].map((arn) => world.instanceProfiles.get(arn) as string);
}

/** A disk under an operator's own key: EC2 uses the key, and lends it to the disk, in the caller's name. */
function diskKeyQuestions({ region }: World, data: LaunchTemplateData): IamQuestion[] {
  const keys = (data.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.KmsKeyId ?? []);
  const uses = ['kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:CreateGrant'];
  return keys.flatMap((key) => uses.map((use) => keyQuestion({ use, key, service: 'ec2', region })));
}

/** An image named by a parameter is looked up in the caller's name. Public parameters have no account. */
function imageParameters(world: World, plan: FleetPlan): string[] {
  const names = plan.overrides.flatMap(
    ({ template }) => /^resolve:ssm:(\/?[^:]+)/.exec(template.data.ImageId ?? '')?.[1] ?? [],
  );
  return [...new Set(names)].map((name) => {
    const account = name.startsWith('/aws/') ? '' : world.accountId;
    return `arn:aws:ssm:${world.region}:${account}:parameter/${name.replace(/^\//, '')}`;
  });
}

function runInstancesResources(world: World, plan: FleetPlan): string[] {
  const each = plan.overrides.flatMap((override) => [
    arn(world, `subnet/${override.subnet.subnetId}`),
    arn(world, `launch-template/${override.template.id}`),
    `arn:aws:ec2:${world.region}::image/${imageOf(override.template.data)}`,
    ...securityGroupsOf(override.template.data).map((id) => arn(world, `security-group/${id}`)),
  ]);
  const types = ['instance', 'volume', 'network-interface'];
  if (plan.lifecycle === 'spot') types.push('spot-instances-request');
  const created = types.map((type) => arn(world, `${type}/*`));
  return [...new Set([...created, ...each])];
}

const resourceTypeOf = (resource: string) => resource.split(':')[5]?.split('/')[0] ?? '';

function launchContext(world: World, plan: FleetPlan): Context {
  const templates = plan.overrides.map((override) => arn(world, `launch-template/${override.template.id}`));
  const metadata = plan.overrides[0]?.template.data.MetadataOptions;
  return {
    ...regionContext(world),
    'ec2:launchtemplate': [...new Set(templates)],
    'ec2:islaunchtemplateresource': 'true',
    'ec2:instancetype': [...new Set(plan.overrides.map((override) => override.instanceType))],
    'ec2:instancemarkettype': plan.lifecycle,
    'ec2:metadatahttptokens': metadata?.HttpTokens ?? 'optional',
  };
}

function requestTags(given: readonly Tag[]): Context {
  if (given.length === 0) return {};
  const context: Context = { 'aws:tagkeys': given.map((tag) => tag.key) };
  for (const tag of given) context[`aws:requesttag/${tag.key}`.toLowerCase()] = tag.value;
  return context;
}

const resourceTags = (world: World, instanceId: string) => tagContext(world.instances.get(instanceId)?.tags);

function templateTags(world: World, resource: string): Context {
  const id = /launch-template\/(.+)$/.exec(resource)?.[1];
  return id === undefined ? {} : tagContext(world.templates.get(id)?.tags);
}

function tagContext(tags: ReadonlyMap<string, string> = new Map()): Context {
  const context: Context = {};
  for (const [key, value] of tags) {
    context[`aws:resourcetag/${key}`.toLowerCase()] = value;
    context[`ec2:resourcetag/${key}`.toLowerCase()] = value;
  }
  return context;
}
