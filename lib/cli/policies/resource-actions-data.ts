/** Tables, queues, secrets, buckets and topics: each by the environment's name if its name contains it. */
import { arn, type PolicyTarget } from './policy.ts';
import type { ResourceActionsByType } from './resource-action.ts';

const queues = (target: PolicyTarget) => [arn('sqs', target, `${target.environment}-*`)];
const topics = (target: PolicyTarget) => [arn('sns', target, `${target.environment}-*`)];
const buckets = ({ environment }: PolicyTarget) => [`arn:aws:s3:::${environment}-*`];

export const dataResources: ResourceActionsByType = {
  'AWS::DynamoDB::Table': [
    {
      actions: [
        'dynamodb:CreateTable',
        'dynamodb:DeleteTable',
        'dynamodb:DescribeContinuousBackups',
        'dynamodb:DescribeContributorInsights',
        'dynamodb:DescribeKinesisStreamingDestination',
        'dynamodb:DescribeTable',
        'dynamodb:DescribeTimeToLive',
        'dynamodb:GetResourcePolicy',
        'dynamodb:ListTagsOfResource',
        'dynamodb:TagResource',
        'dynamodb:UntagResource',
        'dynamodb:UpdateContinuousBackups',
        'dynamodb:UpdateTable',
        'dynamodb:UpdateTimeToLive',
      ],
      on: (target) => [arn('dynamodb', target, `table/${target.environment}-*`)],
    },
    // For an account's own key; its key policy decides who may use it.
    {
      actions: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      on: (target) => [arn('kms', target, 'key/*')],
    },
  ],
  'AWS::SQS::Queue': [
    {
      actions: [
        'sqs:CreateQueue',
        'sqs:DeleteQueue',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ListQueueTags',
        'sqs:SetQueueAttributes',
        'sqs:TagQueue',
        'sqs:UntagQueue',
      ],
      on: queues,
    },
  ],
  'AWS::SQS::QueuePolicy': [{ actions: ['sqs:GetQueueAttributes', 'sqs:SetQueueAttributes'], on: queues }],
  'AWS::SecretsManager::Secret': [
    {
      actions: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DeleteSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecret',
      ],
      // CloudFormation derives their names from logical ids, which begin with State.
      on: (target) => [arn('secretsmanager', target, 'secret:State*')],
    },
    { actions: ['secretsmanager:GetRandomPassword'], on: () => ['*'] },
  ],
  'AWS::S3::Bucket': [
    {
      actions: [
        's3:CreateBucket',
        's3:DeleteBucket',
        's3:GetBucketOwnershipControls',
        's3:GetBucketPublicAccessBlock',
        's3:GetBucketTagging',
        's3:GetBucketVersioning',
        's3:GetEncryptionConfiguration',
        's3:GetLifecycleConfiguration',
        's3:ListBucket',
        's3:PutBucketOwnershipControls',
        's3:PutBucketPublicAccessBlock',
        's3:PutBucketTagging',
        's3:PutLifecycleConfiguration',
        's3:PutBucketVersioning',
        's3:PutEncryptionConfiguration',
        's3:PutLifecycleConfiguration',
      ],
      on: buckets,
    },
  ],
  'AWS::S3::BucketPolicy': [
    {
      actions: ['s3:DeleteBucketPolicy', 's3:GetBucketPolicy', 's3:PutBucketPolicy'],
      on: buckets,
    },
  ],
  'AWS::SNS::Topic': [
    {
      actions: [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:GetDataProtectionPolicy',
        'sns:GetTopicAttributes',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTagsForResource',
        'sns:SetTopicAttributes',
        'sns:TagResource',
        'sns:UntagResource',
      ],
      on: topics,
    },
  ],
  'AWS::SNS::TopicPolicy': [{ actions: ['sns:GetTopicAttributes', 'sns:SetTopicAttributes'], on: topics }],
  'AWS::SNS::Subscription': [
    {
      actions: ['sns:GetSubscriptionAttributes', 'sns:Subscribe', 'sns:Unsubscribe'],
      on: topics,
    },
  ],
};
