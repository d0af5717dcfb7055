/**
 * What ministack 1.4.21 does not do with our templates, each with its consequence. The check fails where something else is
 * missing, and also where one of these works at last, so that the list says no more than is true.
 */

export interface LeftOut {
  readonly what: string;
  /** Which resources are left out, or made simpler, before the deploy. */
  readonly type: string;
  /** Has such a property. Absent: all of the type. */
  readonly property?: string;
  /** A smallest resource of the kind, which ministack must refuse. */
  readonly probe: Readonly<Record<string, unknown>>;
  /** Words of its refusal. */
  readonly refusal: RegExp;
}

const unsupported = /Unsupported resource type/;

/** Resources that ministack cannot make at all. */
export const leftOut: readonly LeftOut[] = [
  {
    what: 'alarms that calculate with several metrics are deployed as alarms of one metric',
    type: 'AWS::CloudWatch::Alarm',
    property: 'Metrics',
    probe: {
      AlarmName: 'probe',
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      Threshold: 1,
      Metrics: [{ Id: 'one', Expression: '1', ReturnData: true }],
    },
    refusal: /metric math/,
  },
  {
    what: 'saved queries of CloudWatch Logs are left out',
    type: 'AWS::Logs::QueryDefinition',
    probe: { Name: 'probe', QueryString: 'fields @message' },
    refusal: unsupported,
  },
  ...['AWS::EC2::NetworkAcl', 'AWS::EC2::NetworkAclEntry', 'AWS::EC2::SubnetNetworkAclAssociation'].map(
    (type) => ({
      what: 'the network ACL that keeps machines from private ranges is left out',
      type,
      probe: {},
      refusal: unsupported,
    }),
  ),
];

export interface Dropped {
  /** A resource type and a path of properties, with all below it; `[]` is any entry of a list. */
  readonly property: string;
  readonly consequence: string;
}

/** Properties of the templates that are not in what ministack says that it made. */
export const dropped: readonly Dropped[] = [
  {
    property: 'AWS::SQS::Queue.RedrivePolicy',
    consequence:
      'a message that fails for an hour stays in its queue; the laptop platform moves it, and tests see that',
  },
  {
    property: 'AWS::SQS::Queue.SqsManagedSseEnabled',
    consequence: 'encryption of queues is seen in the template alone',
  },
  {
    property: 'AWS::EC2::LaunchTemplate.LaunchTemplateData.InstanceInitiatedShutdownBehavior',
    consequence: 'that a machine ends when it powers off is seen in the template and on the laptop',
  },
  {
    property: 'AWS::EC2::LaunchTemplate.LaunchTemplateData.MetadataOptions',
    consequence: 'that a machine has IMDSv2 with one hop is seen in the template and on the laptop',
  },
  {
    property: 'AWS::DynamoDB::Table.PointInTimeRecoverySpecification',
    consequence: 'backups are seen in the template alone',
  },
  {
    property: 'AWS::DynamoDB::Table.ResourcePolicy',
    consequence: 'that nobody changes or deletes audit rows is seen in the template and on the laptop',
  },
  {
    property: 'AWS::DynamoDB::Table.TimeToLiveSpecification',
    consequence: 'rows do not expire there; no check waits for that',
  },
  ...[
    'AWS::SQS::Queue.Tags',
    'AWS::EC2::LaunchTemplate.TagSpecifications',
    'AWS::Lambda::Function.Tags',
    'AWS::Lambda::EventSourceMapping.Tags',
    'AWS::DynamoDB::Table.Tags',
  ].map((property) => ({ property, consequence: 'tags of the deployment are seen in the template alone' })),
];
