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
  "launch to this deployment's templates, subnets and tag.";

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
      'EC2 makes the request while it launches a spot machine; it has no name before. Only where a tier asks for spot.',
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
      'is not known at synthesis. Which image is used is up to the template, which the caller cannot replace.',
  },
  {
    rule: wildcard(`${inAccount}:instance/*`),
    at: [role('lifecycle'), role('reconciler')],
    reason:
      'Machines are named at their launch. Only those that carry the tag of this environment can be ended.',
  },
  {
    rule: wildcard('*'),
    at: [role('sweep'), role('reconciler')],
    reason: 'ec2:DescribeInstances has no resource-level control. It reads, and nothing else.',
  },
];
