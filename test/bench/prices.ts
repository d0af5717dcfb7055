/**
 * What AWS charges in us-east-1, in dollars, without free tiers and discounts. The only place that knows a price.
 * Sources: https://aws.amazon.com/lambda/pricing/ , https://aws.amazon.com/sqs/pricing/ ,
 * https://aws.amazon.com/dynamodb/pricing/on-demand/ , https://aws.amazon.com/cloudwatch/pricing/ ,
 * https://aws.amazon.com/secrets-manager/pricing/ ; read in November 2026.
 */
export const prices = {
  lambdaRequest: 0.2e-6,
  /** arm64, the first tier. */
  lambdaGigabyteSecond: 0.0000133334,
  sqsRequest: 0.4e-6,
  /** Added for requests about queues whose messages have a group: fair queues. */
  sqsFairRequest: 0.1e-6,
  dynamoWriteUnit: 0.625e-6,
  dynamoReadUnit: 0.125e-6,
  logGigabyte: 0.5,
  secretsManagerCall: 5e-6,
} as const;

/** What CloudWatch Logs adds to each event when it counts bytes. */
export const logEventOverheadBytes = 26;
