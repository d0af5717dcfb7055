/**
 * Launches that whoever is inside scale-up or sweep might try, and none that the platform makes, as EC2's own fields, and
 * what EC2 would ask IAM about each. Built on the templates' own policies, with their subnets and security group.
 */
import { fleetRequest } from '../../lib/core/fleet-request.ts';
import { InstallationId, LaunchId, TierName } from '../../lib/core/ids.ts';
import { asList } from '../../lib/local/aws/iam/statement.ts';
import type { IamQuestion } from '../../lib/local/aws/service.ts';
import type { Ec2Account } from '../../lib/local/ec2/account.ts';
import { readForm } from '../../lib/local/ec2/form.ts';
import { ec2Questions } from '../../lib/local/ec2/questions.ts';
import type { Policy } from './platform-policies.ts';

export interface PolicyTarget {
  readonly region: string;
  readonly accountId: string;
  readonly environment: string;
  readonly instanceType: string;
}

export interface LaunchQuestions {
  readonly world: Ec2Account;
  /** The request of a launch, by market. */
  own(market: 'spot' | 'on-demand'): IamQuestion[];
  /** By what is wrong with it. */
  readonly attacks: Readonly<Record<string, () => IamQuestion[]>>;
}

/** @param policy of a function that launches */
export function launchQuestions(policy: Policy, place: PolicyTarget): LaunchQuestions {
  const [securityGroup = '', ...others] = usedResources(policy);
  const subnetId = others.find((resource) => resource.includes(':subnet/'))?.split('/')[1] ?? '';
  const world = newWorld(place, { subnetId, groupId: securityGroup.split('/')[1] ?? '' });
  const ask = (action: string, fields: Readonly<Record<string, unknown>>) =>
    ec2Questions(world, action, readForm(fields), () => true);
  const fleet = (market: 'spot' | 'on-demand', change: Readonly<Record<string, unknown>> = {}) =>
    ask('CreateFleet', { ...fleetFields(place, { market, subnetId }), ...change });
  const run = (change: Readonly<Record<string, unknown>> = {}) =>
    ask('RunInstances', { ...runFields(place, subnetId), ...change });
  const override = (name: string) => `LaunchTemplateConfigs.1.Overrides.1.${name}`;
  const template = 'LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateName';
  const environmentTag = 'TagSpecification.1.Tag.3.Value';
  const foreign = 'ami-0fffffffffffffff0';
  return {
    world,
    own: (market) => fleet(market),
    attacks: {
      'a fleet of a foreign image': () => fleet('on-demand', { [override('ImageId')]: foreign }),
      'a spot fleet of a foreign image': () => fleet('spot', { [override('ImageId')]: foreign }),
      'a fleet of a large machine': () => fleet('on-demand', { [override('InstanceType')]: 'p5.48xlarge' }),
      'a fleet in a subnet of others': () => fleet('on-demand', { [override('SubnetId')]: 'subnet-others' }),
      'a fleet from a template of others': () => fleet('on-demand', { [template]: 'others' }),
      "a fleet with others' tag": () => fleet('on-demand', { [environmentTag]: 'others' }),
      'a machine of a foreign image': () => run({ ImageId: foreign }),
      'a large machine': () => run({ InstanceType: 'p5.48xlarge' }),
      'a machine that needs no token for its metadata': () =>
        run({ 'MetadataOptions.HttpTokens': 'optional' }),
      'a machine in a security group of others': () => run({ 'SecurityGroupId.1': 'sg-others' }),
      'a machine in a subnet of others': () => run({ SubnetId: 'subnet-others' }),
      'a machine without a tag': () => run({ 'TagSpecification.1.Tag.1.Key': 'Name' }),
      'a machine without a template': () => {
        const { 'LaunchTemplate.LaunchTemplateName': _none, ...fields } = runFields(place, subnetId);
        return ask('RunInstances', { ...fields, ImageId: foreign });
      },
    },
  };
}

const usedResources = ({ statements }: Policy): string[] =>
  statements.filter(({ Sid }) => Sid === 'Use').flatMap(({ Resource }) => asList(Resource ?? []));

function newWorld(
  { region, accountId, environment }: PolicyTarget,
  used: { subnetId: string; groupId: string },
): Ec2Account {
  const data = {
    ImageId: 'ami-0123456789abcdef0',
    SecurityGroupIds: [used.groupId],
    MetadataOptions: { HttpTokens: 'required' as const },
  };
  const templates = [environment, 'others'].map((owner) => ({
    launchTemplateId: `lt-${owner}`,
    launchTemplateName: owner === environment ? `${environment}-small` : owner,
    tags: new Map([['ghr:environment', owner]]),
    versions: [data],
  }));
  const subnets = [used.subnetId, 'subnet-others'].map((subnetId) => ({
    subnetId,
    vpcId: 'vpc-1',
    availabilityZone: `${region}a`,
  }));
  return {
    region,
    accountId,
    templates: new Map(templates.map((each) => [each.launchTemplateId, each])),
    subnets: new Map(subnets.map((each) => [each.subnetId, each])),
    routeTables: new Map(),
    gatewayEndpoints: [],
    instanceProfiles: new Map(),
    instances: new Map(),
    fleets: new Map(),
    parameters: new Map(),
  };
}

/** As the SDK would put the platform's own request on the wire. */
function fleetFields(
  place: PolicyTarget,
  { market, subnetId }: { market: 'spot' | 'on-demand'; subnetId: string },
) {
  const { TagSpecifications, ...request } = fleetRequest({
    environment: place.environment,
    installationId: InstallationId(1),
    tier: TierName('small'),
    launchId: LaunchId('launch'),
    level: 'organization',
    group: 'Default',
    ticket: 'ticket',
    launchTemplateName: `${place.environment}-small`,
    pools: [{ instanceType: place.instanceType, subnetId }],
    market,
    machines: 1,
  });
  const tagSpecifications = TagSpecifications.map(({ ResourceType, Tags }) => ({ ResourceType, Tag: Tags }));
  return flat({ ...request, TagSpecification: tagSpecifications });
}

const runFields = ({ environment, instanceType }: PolicyTarget, SubnetId: string) =>
  flat({
    LaunchTemplate: { LaunchTemplateName: `${environment}-small` },
    InstanceType: instanceType,
    SubnetId,
    TagSpecification: ['instance', 'volume'].map((ResourceType) => ({
      ResourceType,
      Tag: [{ Key: 'ghr:environment', Value: environment }],
    })),
  }) as Record<string, string>;

/** Lists are counted from 1. */
function flat(value: unknown, path = ''): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return { [path]: value };
  const entries = Array.isArray(value)
    ? value.map((each, n) => [String(n + 1), each] as const)
    : Object.entries(value);
  return Object.assign({}, ...entries.map(([key, each]) => flat(each, path === '' ? key : `${path}.${key}`)));
}
