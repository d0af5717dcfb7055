/**
 * CreateFleet of type instant: it takes its overrides in order of priority, starts as many as there is room for, and says
 * of each override that fell short why. A repeated token starts nothing: the same request is answered with its fleet, but
 * without its machines, since it is not documented that they are listed again; a different request is refused.
 * Approximate: every pool costs the same, so only the priority decides, whatever the allocation strategy; weights, prices
 * and instance requirements are refused by name, never ignored.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
 */
import { AwsError } from '../aws/service.ts';
import {
  type Ec2Account,
  findTemplate,
  type Instance,
  imageOf,
  type LaunchTemplateData,
  type Lifecycle,
  newId,
  type Subnet,
} from './account.ts';
import { roomFor, useCapacity } from './capacity.ts';
import type { Ec2Dials } from './dials.ts';
import { type Form, form, forms, number, requiredText, tags, text } from './form.ts';
import { checkTag, mostTags } from './tag-rules.ts';
import type { Members, XmlValue } from './xml.ts';

export interface FleetDeps {
  readonly account: Ec2Account;
  readonly dials: () => Ec2Dials;
  readonly now: () => number;
  /** Called with each new machine, which is pending. */
  readonly launch: (instance: Instance) => void;
}

/** One instance type in one subnet, by one template. */
export interface Override {
  readonly instanceType: string;
  readonly subnet: Subnet;
  readonly priority: number;
  readonly template: { readonly id: string; readonly version: number; readonly data: LaunchTemplateData };
  /** Overrides the template's; absent: the template's. */
  readonly imageId: string | undefined;
  /** As repeated in the answer. */
  readonly echo: Members;
}

export interface FleetPlan {
  readonly wanted: number;
  readonly lifecycle: Lifecycle;
  readonly overrides: readonly Override[];
}

/** The fleet of each token ever used in this account, by any caller. */
export type UsedTokens = Map<string, { readonly request: string; readonly fleetId: string }>;

export function createFleet(deps: FleetDeps, used: UsedTokens, form: Form): Members {
  const token = text(form, 'ClientToken');
  // Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
  if (token !== undefined && !/^[\x21-\x7e]{1,64}$/.test(token)) {
    throw new AwsError(
      'InvalidParameterValue',
      `ClientToken has ${token.length} characters; at most 64 are allowed, all ASCII.`,
    );
  }
  const fingerprint = JSON.stringify(form);
  const earlier = token === undefined ? undefined : used.get(token);
  if (earlier) {
    if (earlier.request === fingerprint) return { fleetId: earlier.fleetId };
    throw new AwsError(
      'IdempotentParameterMismatch',
      `The client token ${token} was used before with other parameters; use a new token, ` +
        'or send the same request.',
    );
  }
  const fleetId = newId('fleet');
  const answer = startFleet(deps, form, { fleetId, clientToken: token ?? '' });
  deps.account.fleets.set(fleetId, { createdAt: deps.now(), answer });
  if (token !== undefined) used.set(token, { request: fingerprint, fleetId });
  return answer;
}

function startFleet(
  deps: FleetDeps,
  request: Form,
  { fleetId, clientToken }: { fleetId: string; clientToken: string },
): Members {
  const plan = readFleetPlan(deps.account, request);
  const started: XmlValue[] = [];
  const errors: XmlValue[] = [];
  let missing = plan.wanted;
  for (const override of plan.overrides) {
    if (missing === 0) break;
    const kind = {
      lifecycle: plan.lifecycle,
      instanceType: override.instanceType,
      availabilityZone: override.subnet.availabilityZone,
    };
    const room = roomFor(deps.dials(), deps.account.instances.values(), kind, missing);
    const common = { launchTemplateAndOverrides: override.echo, lifecycle: plan.lifecycle };
    if (room.shortage) errors.push({ ...common, ...room.shortage });
    if (room.count === 0) continue;
    useCapacity(deps.dials(), kind, room.count);
    missing -= room.count;
    const instances = Array.from({ length: room.count }, () =>
      newInstance(deps, { override, request, fleetId, clientToken, lifecycle: plan.lifecycle }),
    );
    started.push({
      ...common,
      instanceIds: instances.map((instance) => instance.instanceId),
      instanceType: override.instanceType,
      availabilityZone: override.subnet.availabilityZone,
      subnetId: override.subnet.subnetId,
    });
    for (const instance of instances) deps.launch(instance);
  }
  return { fleetId, errorSet: errors, fleetInstanceSet: started };
}

/** @throws AwsError for anything wrong or unsupported */
export function readFleetPlan(account: Ec2Account, request: Form): FleetPlan {
  if (text(request, 'Type') !== 'instant') {
    throw new AwsError(
      'InvalidParameterValue',
      `Type is ${text(request, 'Type') ?? 'maintain'}; this stand-in makes fleets of type instant only.`,
    );
  }
  const capacity = form(request, 'TargetCapacitySpecification');
  const wanted = number(capacity, 'TotalTargetCapacity') ?? 0;
  if (wanted < 1) {
    throw new AwsError('InvalidParameterValue', `TotalTargetCapacity is ${wanted}; it must be 1 or more.`);
  }
  const lifecycle = text(capacity, 'DefaultTargetCapacityType') ?? 'on-demand';
  if (lifecycle !== 'spot' && lifecycle !== 'on-demand') {
    throw new AwsError(
      'InvalidParameterValue',
      `DefaultTargetCapacityType is ${lifecycle}; it must be spot or on-demand.`,
    );
  }
  const overrides = forms(request, 'LaunchTemplateConfigs')
    .flatMap((config) => readOverrides(account, config))
    .sort((left, right) => left.priority - right.priority);
  if (overrides.length === 0) {
    throw new AwsError('InvalidParameter', 'The request must contain a launch template with overrides.');
  }
  return { wanted, lifecycle, overrides };
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
export const userDataLimit = 16 * 1024;

const understoodOverrides = ['InstanceType', 'SubnetId', 'Priority', 'AvailabilityZone', 'ImageId'];

function readOverrides(account: Ec2Account, config: Form): Override[] {
  const specification = form(config, 'LaunchTemplateSpecification');
  const { template, version, data } = findTemplate(account, {
    id: text(specification, 'LaunchTemplateId'),
    name: text(specification, 'LaunchTemplateName'),
    version: text(specification, 'Version'),
  });
  const given = forms(config, 'Overrides');
  const userData = text(specification, 'LaunchTemplateSpecificationUserData');
  if (Buffer.from(userData ?? '', 'base64').length > userDataLimit) {
    throw new AwsError('InvalidParameterValue', `User data is limited to ${userDataLimit} bytes`);
  }
  const used = userData === undefined ? data : { ...data, UserData: userData };
  return (given.length > 0 ? given : [{} as Form]).map((override) => {
    const strange = Object.keys(override).find((name) => !understoodOverrides.includes(name));
    if (strange) {
      throw new AwsError(
        'InvalidParameter',
        `The override ${strange} is not understood by this stand-in; understood are ` +
          `${understoodOverrides.join(', ')}.`,
      );
    }
    const priority = number(override, 'Priority');
    const instanceType = text(override, 'InstanceType') ?? data.InstanceType ?? 'm5.large';
    checkCredits(instanceType, data);
    const subnet = findSubnet(account, text(override, 'SubnetId') ?? data.NetworkInterfaces?.[0]?.SubnetId);
    return {
      instanceType,
      subnet,
      priority: priority ?? Number.POSITIVE_INFINITY,
      template: { id: template.launchTemplateId, version, data: used },
      imageId: text(override, 'ImageId'),
      echo: {
        launchTemplateSpecification: {
          launchTemplateId: template.launchTemplateId,
          version: String(version),
        },
        overrides: { instanceType, subnetId: text(override, 'SubnetId'), priority },
      },
    };
  });
}

/**
 * The stricter reading of "of a T instance": EC2 may also ignore it for other types, which is not documented for fleets.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreditSpecificationRequest.html
 */
function checkCredits(instanceType: string, { CreditSpecification }: LaunchTemplateData): void {
  if (CreditSpecification === undefined || /^t\d/.test(instanceType)) return;
  throw new AwsError(
    'InvalidParameterCombination',
    `CreditSpecification is for T instances only; ${instanceType} is none.`,
  );
}

function findSubnet(account: Ec2Account, subnetId: string | undefined): Subnet {
  const subnet = subnetId === undefined ? [...account.subnets.values()][0] : account.subnets.get(subnetId);
  if (subnet) return subnet;
  throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId ?? ''}' does not exist`);
}

interface NewInstance {
  readonly override: Override;
  readonly request: Form;
  readonly fleetId: string;
  readonly clientToken: string;
  readonly lifecycle: Lifecycle;
}

function newInstance(deps: FleetDeps, { override, request, ...common }: NewInstance): Instance {
  const number = deps.account.instances.size;
  const instance: Instance = {
    ...common,
    instanceId: newId('i'),
    reservationId: newId('r'),
    instanceType: override.instanceType,
    subnet: override.subnet,
    imageId: imageOf(override.imageId ?? override.template.data.ImageId),
    privateIp: `10.0.${(number >> 8) & 255}.${number & 255}`,
    template: override.template,
    tags: new Map([
      ...tagsOnCreate(request, override.template.data, 'instance'),
      ['aws:ec2launchtemplate:id', override.template.id],
      ['aws:ec2launchtemplate:version', String(override.template.version)],
      ['aws:ec2:fleet-id', common.fleetId],
    ]),
    volumeTags: new Map(tagsOnCreate(request, override.template.data, 'volume')),
    interfaceTags: new Map(tagsOnCreate(request, override.template.data, 'network-interface')),
    launchedAt: deps.now(),
    state: 'pending',
    console: '',
  };
  deps.account.instances.set(instance.instanceId, instance);
  return instance;
}

/** The tags of new resources of a type: the template's, overridden by the request's. @throws AwsError for an invalid tag */
export function tagsOnCreate(
  request: Form,
  data: LaunchTemplateData,
  resourceType: string,
): [string, string][] {
  const fromTemplate = (data.TagSpecifications ?? [])
    .filter((specification) => specification.ResourceType === resourceType)
    .flatMap((specification) => specification.Tags.map((tag): [string, string] => [tag.Key, tag.Value]));
  const fromRequest = forms(request, 'TagSpecification')
    .filter((specification) => requiredText(specification, 'ResourceType') === resourceType)
    .flatMap((specification) => tags(specification).map((tag): [string, string] => [tag.key, tag.value]));
  const all = [...fromTemplate, ...fromRequest];
  if (new Set(all.map(([key]) => key)).size > mostTags) {
    throw new AwsError('TagLimitExceeded', `A resource takes at most ${mostTags} tags.`);
  }
  for (const [key, value] of all) checkTag({ key, value }, resourceType === 'instance' ? data : {});
  return all;
}
