/** What of EC2's answers is read, under the names of the SDK. Source: the SDK's model of EC2. */
import type { XmlElement } from './read-xml.ts';

type Read = (element: XmlElement) => unknown;
type Shape = Readonly<Record<string, Read>>;

const find = (element: XmlElement, name: string) => element.elements.find((one) => one.name === name);

const text =
  (name: string): Read =>
  (element) =>
    find(element, name)?.text;

const zoned = /(?:Z|[+-]\d\d:\d\d)$/i;

const time =
  (name: string): Read =>
  (element) => {
    const words = find(element, name)?.text;
    if (words === undefined) return undefined;
    const at = new Date(words);
    if (!zoned.test(words) || Number.isNaN(at.getTime()))
      throw new Error(`${name} is ${words}; it must be a time.`);
    return at;
  };

const one =
  (name: string, shape: Shape): Read =>
  (element) => {
    const found = find(element, name);
    return found && readShape(found, shape);
  };

const list =
  (name: string, read: (item: XmlElement) => unknown): Read =>
  (element) =>
    find(element, name)?.elements.map(read);

const each = (shape: Shape) => (item: XmlElement) => readShape(item, shape);

/** Members that are absent are absent. */
export function readShape(element: XmlElement, shape: Shape): Record<string, unknown> {
  const members = Object.entries(shape).map(([member, read]) => [member, read(element)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

const launchTemplateAndOverrides = one('launchTemplateAndOverrides', {
  Overrides: one('overrides', { InstanceType: text('instanceType'), SubnetId: text('subnetId') }),
});

const fleetResult: Shape = {
  FleetId: text('fleetId'),
  Errors: list(
    'errorSet',
    each({
      LaunchTemplateAndOverrides: launchTemplateAndOverrides,
      Lifecycle: text('lifecycle'),
      ErrorCode: text('errorCode'),
      ErrorMessage: text('errorMessage'),
    }),
  ),
  Instances: list(
    'fleetInstanceSet',
    each({
      LaunchTemplateAndOverrides: launchTemplateAndOverrides,
      Lifecycle: text('lifecycle'),
      InstanceIds: list('instanceIds', (item) => item.text),
      InstanceType: text('instanceType'),
    }),
  ),
};

const instance: Shape = {
  InstanceId: text('instanceId'),
  InstanceLifecycle: text('instanceLifecycle'),
  InstanceType: text('instanceType'),
  LaunchTime: time('launchTime'),
  Placement: one('placement', { AvailabilityZone: text('availabilityZone') }),
  State: one('instanceState', { Name: text('name') }),
  StateReason: one('stateReason', { Code: text('code') }),
  Tags: list('tagSet', each({ Key: text('key'), Value: text('value') })),
};

const NextToken = text('nextToken');

export const ec2Shapes = {
  CreateFleet: fleetResult,
  DescribeFleets: { Fleets: list('fleetSet', each(fleetResult)), NextToken },
  DescribeInstances: {
    Reservations: list('reservationSet', each({ Instances: list('instancesSet', each(instance)) })),
    NextToken,
  },
  DescribeSpotPriceHistory: {
    SpotPriceHistory: list(
      'spotPriceHistorySet',
      each({
        AvailabilityZone: text('availabilityZone'),
        InstanceType: text('instanceType'),
        SpotPrice: text('spotPrice'),
        Timestamp: time('timestamp'),
      }),
    ),
    NextToken,
  },
  GetConsoleOutput: { Output: text('output') },
  TerminateInstances: {},
} as const satisfies Record<string, Shape>;
