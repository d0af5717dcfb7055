/**
 * DescribeInstances: filters with wildcards, ids that must all exist, and pages. Unknown filters are refused by name. The
 * order is that of the launches, so that pages neither repeat nor skip.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 */
import { AwsError } from '../aws/service.ts';
import {
  type Ec2Account,
  findInstances,
  type Instance,
  type InstanceState,
  securityGroupsOf,
} from './account.ts';
import { type Form, forms, number, requiredText, text, texts } from './form.ts';
import type { Members, XmlValue } from './xml.ts';

export function describeInstances(
  account: Ec2Account,
  request: Form,
  shown: {
    readonly isVisible: (instance: Instance) => boolean;
    readonly asDescribed: (instance: Instance) => Instance;
  },
): Members {
  const visible = new Map(
    [...account.instances].flatMap(([id, instance]) =>
      shown.isVisible(instance) ? [[id, shown.asDescribed(instance)]] : [],
    ),
  );
  const instanceIds = texts(request, 'InstanceId');
  const pageSize = readPageSize(request, instanceIds);
  const candidates =
    instanceIds.length > 0
      ? findInstances({ ...account, instances: visible }, instanceIds)
      : [...visible.values()];
  const filters = forms(request, 'Filter').map(readFilter);
  const found = candidates.filter((instance) => filters.every((matches) => matches(instance)));
  const start = readNextToken(request);
  const page = found.slice(start, start + pageSize);
  const isLast = start + page.length >= found.length;
  return {
    reservationSet: page.map((instance) => ({
      reservationId: instance.reservationId,
      ownerId: account.accountId,
      instancesSet: [describe(instance)],
    })),
    nextToken: isLast ? undefined : writeNextToken(start + page.length),
  };
}

function readPageSize(request: Form, instanceIds: readonly string[]): number {
  const asked = number(request, 'MaxResults');
  if (asked === undefined) return Number.POSITIVE_INFINITY;
  if (instanceIds.length > 0) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  if (asked < 5 || asked > 1000) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
    );
  }
  return asked;
}

const writeNextToken = (start: number) => Buffer.from(`instances:${start}`).toString('base64');

function readNextToken(request: Form): number {
  const token = text(request, 'NextToken');
  if (token === undefined) return 0;
  const place = /^instances:(\d+)$/.exec(Buffer.from(token, 'base64').toString());
  if (!place) throw new AwsError('InvalidParameterValue', `Unable to parse the pagination token ${token}`);
  return Number(place[1]);
}

/** Of one filter: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const mostFilterValues = 200;

const filterValues: Record<string, (instance: Instance) => readonly string[]> = {
  'availability-zone': (instance) => [instance.subnet.availabilityZone],
  'client-token': (instance) => [instance.clientToken],
  'image-id': (instance) => [instance.imageId],
  'instance-id': (instance) => [instance.instanceId],
  'instance-lifecycle': (instance) => (instance.lifecycle === 'spot' ? ['spot'] : []),
  'instance-state-name': (instance) => [instance.state],
  'instance-type': (instance) => [instance.instanceType],
  'reservation-id': (instance) => [instance.reservationId],
  'subnet-id': (instance) => [instance.subnet.subnetId],
  'tag-key': (instance) => [...instance.tags.keys()],
  'tag-value': (instance) => [...instance.tags.values()],
  'vpc-id': (instance) => [instance.subnet.vpcId],
};

function readFilter(filter: Form): (instance: Instance) => boolean {
  const name = requiredText(filter, 'Name');
  const values = texts(filter, 'Value');
  if (values.length > mostFilterValues) {
    throw new AwsError(
      'FilterLimitExceeded',
      `The maximum number of filter values specified in a single request is ${mostFilterValues}`,
    );
  }
  const patterns = values.map(wildcards);
  const valuesOf = name.startsWith('tag:')
    ? (instance: Instance) => tagValues(instance, name.slice('tag:'.length))
    : filterValues[name];
  if (!valuesOf) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return (instance) => valuesOf(instance).some((value) => patterns.some((pattern) => pattern.test(value)));
}

function tagValues(instance: Instance, key: string): string[] {
  const value = instance.tags.get(key);
  return value === undefined ? [] : [value];
}

/** `*` is any text, `?` any character; a backslash before either makes it literal. */
function wildcards(pattern: string): RegExp {
  const source = pattern.replace(/\\([*?\\])|[\s\S]/g, (character, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    if (character === '*') return '[\\s\\S]*';
    if (character === '?') return '[\\s\\S]';
    return character.replace(/[.+^${}()|[\]\\/]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

const stateCodes: Record<InstanceState, number> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export const stateXml = (state: InstanceState) => ({ code: stateCodes[state], name: state });

function describe(instance: Instance): XmlValue {
  const metadata = instance.template.data.MetadataOptions ?? {};
  const isGone = instance.state === 'terminated';
  return {
    instanceId: instance.instanceId,
    imageId: instance.imageId,
    instanceState: stateXml(instance.state),
    stateReason: instance.stateReason,
    reason: instance.stateReason?.message ?? '',
    amiLaunchIndex: 0,
    instanceType: instance.instanceType,
    launchTime: new Date(instance.launchedAt).toISOString(),
    placement: { availabilityZone: instance.subnet.availabilityZone, tenancy: 'default' },
    subnetId: isGone ? undefined : instance.subnet.subnetId,
    vpcId: isGone ? undefined : instance.subnet.vpcId,
    privateIpAddress: isGone ? undefined : instance.privateIp,
    architecture: architectureOf(instance.instanceType),
    clientToken: instance.clientToken,
    instanceLifecycle: instance.lifecycle === 'spot' ? 'spot' : undefined,
    groupSet: securityGroupsOf(instance.template.data).map((groupId) => ({ groupId, groupName: groupId })),
    tagSet: [...instance.tags].map(([key, value]) => ({ key, value })),
    metadataOptions: {
      state: 'applied',
      httpTokens: metadata.HttpTokens ?? 'optional',
      httpPutResponseHopLimit: metadata.HttpPutResponseHopLimit ?? 1,
      httpEndpoint: metadata.HttpEndpoint ?? 'enabled',
      instanceMetadataTags: metadata.InstanceMetadataTags ?? 'disabled',
    },
  };
}

/** Graviton families have a g after their generation: t4g, m7g, c7gn. */
export const architectureOf = (instanceType: string) =>
  /^[a-z]+\d+[a-z]*g[a-z]*\./.test(instanceType) && !/^g\d/.test(instanceType) ? 'arm64' : 'x86_64';
