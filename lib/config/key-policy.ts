/**
 * What the policy of the operator's own key must allow besides the account's own policies (the first statement of a
 * default key policy): the AWS services that use the key themselves. `mayfly preflight` prints it.
 */
export interface KeyPolicyOptions {
  readonly environment: string;
  readonly region: string;
  readonly accountId: string;
  readonly partition?: string;
  /** Whether any tier asks for spot machines. */
  readonly spot: boolean;
}

export interface KeyPolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: Readonly<Record<string, string | readonly string[]>>;
  readonly Action: readonly string[];
  readonly Resource: '*';
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function keyPolicyStatements(options: KeyPolicyOptions): KeyPolicyStatement[] {
  const { environment, region, accountId, partition = 'aws', spot } = options;
  const inAccount = { StringEquals: { 'aws:SourceAccount': accountId } };
  const logGroups = `arn:${partition}:logs:${region}:${accountId}:log-group:/aws/lambda/${environment}-*`;
  return [
    {
      Sid: `${sidOf(environment)}Logs`,
      Effect: 'Allow',
      Principal: { Service: `logs.${region}.amazonaws.com` },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      Resource: '*',
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    },
    {
      // EventBridge sends machines' ends to a queue, and CloudWatch sends alarms to the topic.
      Sid: `${sidOf(environment)}Events`,
      Effect: 'Allow',
      Principal: { Service: ['events.amazonaws.com', 'cloudwatch.amazonaws.com'] },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: inAccount,
    },
    ...(spot ? spotStatements(options) : []),
  ];
}

/**
 * EC2 starts and stops spot machines with a role of its own, to which the caller's policies do not apply.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html
 */
function spotStatements({
  environment,
  accountId,
  partition = 'aws',
}: KeyPolicyOptions): KeyPolicyStatement[] {
  const role = `arn:${partition}:iam::${accountId}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot`;
  const common = { Effect: 'Allow', Principal: { AWS: role }, Resource: '*' } as const;
  return [
    {
      ...common,
      Sid: `${sidOf(environment)}Spot`,
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      Condition: {},
    },
    {
      ...common,
      Sid: `${sidOf(environment)}SpotDisks`,
      Action: ['kms:CreateGrant'],
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
  ];
}

/** A statement id may contain only letters and digits. */
const sidOf = (environment: string) => `Mayfly${environment.replace(/[^a-z0-9]/g, '')}`;
