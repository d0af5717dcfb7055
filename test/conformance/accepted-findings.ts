/**
 * Every finding of cdk-nag that is accepted, where, and why. A finding that is not here fails the check, and so does an
 * entry that nothing matches any more.
 */

export interface AcceptedFinding {
  /** As cdk-nag names the rule, with the resource of the statement where there is one. */
  readonly rule: string;
  /** Paths of constructs, without the environment's name. One that ends with `*` is the start of a path. */
  readonly at: readonly string[];
  readonly reason: string;
}

const role = (name: string) => `control-plane/ControlPlane/${name}/Role/Resource`;
const launching = [role('scale-up'), role('sweep')];
const inAccount = 'arn:<AWS::Partition>:ec2:<region>:<AWS::AccountId>';
const wildcard = (resource: string) => `AwsSolutions-IAM5[Resource::${resource}]`;

const unborn =
  'The machine, its disk and its network card have no name before the launch that makes them. The statements hold the ' +
  "launch to this deployment's templates, image, instance types, subnets and tag.";

export const acceptedFindings: readonly AcceptedFinding[] = [
  {
    rule: 'AwsSolutions-VPC7',
    at: ['network/Network/Vpc/Resource'],
    reason:
      'Flow logs of machines that download all day cost more than the platform itself, and would record where each ' +
      'tenant goes. Nothing but runners lives in this network, and each is gone after its job.',
  },
  {
    rule: 'AwsSolutions-VPC3',
    at: ['network/Network/PrivateRangesAcl/*'],
    reason:
      'A security group cannot deny, and private ranges are a part of what it opens. The ACL has a few fixed entries, made ' +
      'from the same configuration as the security group.',
  },
  {
    rule: 'AwsSolutions-S1',
    at: ['control-plane/ControlPlane/RunnerBinaries/Bucket/Resource'],
    reason:
      'The bucket holds copies of what GitHub publishes, and machines check the sum of what they read. A log of who read a ' +
      'public file is not worth a second bucket.',
  },
  {
    rule: 'AwsSolutions-S1',
    at: ['costs/CostsExport/Bucket/Resource'],
    reason:
      "AWS's own service writes the bill there, and who reads it is an operator of the account. CloudTrail records such reads " +
      'where the account asks it to; a second bucket of logs would need one of its own.',
  },
  {
    rule: wildcard('<ControlPlaneRunnerBinariesBucket17B73F5A.Arn>/runner/*'),
    at: [role('runner-syncer')],
    reason: "The key holds the release's number, which nobody knows before GitHub publishes it.",
  },
  {
    rule: 'AwsSolutions-SMG4',
    at: ['state/State/WebhookSecret/Resource', 'state/State/AppSecret/Resource'],
    reason:
      'GitHub holds the other half of these secrets and offers no way to change both halves on a schedule. An operator ' +
      'rotates the webhook secret with `mayfly rotate-webhook-secret`, during which the old one is still good.',
  },
  {
    rule: 'AwsSolutions-SMG4',
    at: ['state/State/SetupSecret/Resource'],
    reason:
      'It signs links that live for half an hour and are good once; whoever may read it may write the App itself. An ' +
      'operator ends all links by putting another value.',
  },
  {
    rule: 'AwsSolutions-SMG4',
    at: ['state/State/TicketSecret/Resource'],
    reason:
      'A scheduled rotation needs one more function with the right to write secrets. A ticket is short-lived and opens ' +
      'nothing without the signed identity of a machine of its launch, so the gain would not outweigh that right.',
  },
  { rule: wildcard(`${inAccount}:instance/*`), at: launching, reason: unborn },
  { rule: wildcard(`${inAccount}:volume/*`), at: launching, reason: unborn },
  { rule: wildcard(`${inAccount}:network-interface/*`), at: launching, reason: unborn },
  {
    rule: wildcard(`${inAccount}:spot-instances-request/*`),
    at: launching,
    reason:
      'EC2 makes the request while it launches a spot machine; it has no name before. Only where a tier asks for spot. EC2 ' +
      'gives no key of the template with it; the machine itself is held to the template.',
  },
  {
    rule: wildcard(`${inAccount}:launch-template/*`),
    at: launching,
    reason:
      "Only templates that carry the tag of this environment can be used. The ids of thirty templates do not fit a role's " +
      'policies.',
  },
  {
    rule: wildcard(`${inAccount}:fleet/*`),
    at: launching,
    reason: 'CreateFleet makes the fleet, which has no name before.',
  },
  {
    rule: wildcard('arn:<AWS::Partition>:ec2:<region>::image/*'),
    at: launching,
    reason:
      'The template names its image by a public parameter whose image changes with each release of the system, so the id ' +
      'is not known at synthesis. RunInstances takes the image of the template alone (ec2:IsLaunchTemplateResource).',
  },
  {
    rule: wildcard(`${inAccount}:subnet/*`),
    at: launching,
    reason:
      'CreateFleet alone; a second list of subnets would not fit in the role. RunInstances, which every machine needs, ' +
      'names each subnet.',
  },
  {
    rule: wildcard(`${inAccount}:instance/*`),
    at: [role('lifecycle'), role('reconciler')],
    reason:
      'Machines are named at their launch. Only those that carry the tag of this environment can be ended.',
  },
  {
    rule: wildcard('*'),
    at: [...launching, role('lifecycle'), role('reconciler')],
    reason:
      'ec2:DescribeInstances, ec2:DescribeFleets and ec2:DescribeSpotPriceHistory have no resource-level control. They read, ' +
      'and nothing else.',
  },
  {
    rule: wildcard('*'),
    at: ['images/MachineImages/BuildRole/Resource'],
    reason:
      'Systems Manager drives the machine that an image is made on; what its agent calls has no resource-level control. ' +
      'AWS grants the same in AmazonSSMManagedInstanceCore.',
  },
  {
    rule: wildcard('arn:<AWS::Partition>:imagebuilder:<region>:<AWS::AccountId>:component/images-linux-*/*'),
    at: ['images/MachineImages/BuildRole/Resource'],
    reason: 'The components of this environment; their versions change with what is in them.',
  },
  {
    rule: wildcard('arn:<AWS::Partition>:s3:::ec2imagebuilder*'),
    at: ['images/MachineImages/BuildRole/Resource'],
    reason: "AWS's own buckets, from which the build machine gets the program that runs components.",
  },
  {
    rule: wildcard(
      'arn:<AWS::Partition>:logs:<region>:<AWS::AccountId>:log-group:/aws/imagebuilder/images-linux-*',
    ),
    at: ['images/MachineImages/BuildRole/Resource'],
    reason:
      'Image Builder names the log groups after the recipes of this environment, and streams after builds.',
  },
  {
    rule: wildcard('arn:<AWS::Partition>:ec2:<region>::image/*'),
    at: ['images/MachineImages/CleanupRole/Resource'],
    reason:
      'Images get their ids when they are made. Only those can be removed that Image Builder made for this environment, by ' +
      'their tags.',
  },
  {
    rule: wildcard('arn:<AWS::Partition>:ec2:<region>::snapshot/*'),
    at: ['images/MachineImages/CleanupRole/Resource'],
    reason: 'Snapshots get their ids when they are made. Only those can be removed that Image Builder made.',
  },
  {
    rule: wildcard('arn:<AWS::Partition>:imagebuilder:<region>:<AWS::AccountId>:image/images-linux-*/*'),
    at: ['images/MachineImages/CleanupRole/Resource'],
    reason: 'The records of images of this environment, of which each build makes one.',
  },
  {
    rule: wildcard('*'),
    at: ['images/MachineImages/CleanupRole/Resource'],
    reason:
      'ec2:DescribeImages and tag:GetResources have no resource-level control. They read, and nothing else.',
  },
];
