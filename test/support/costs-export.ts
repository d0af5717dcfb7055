/** A bucket for AWS's bill with the policy that the stack gives it, and the service that delivers to it. */
import { exportBucketOf } from '../../lib/contract/costs-export.ts';
import { type BillSource, createDataExportsService } from '../../lib/local/aws/data-exports.ts';
import { createS3Service } from '../../lib/local/aws/s3.ts';
import type { PolicyDocument } from '../../lib/local/aws/service.ts';

export interface BillExportOptions {
  readonly environment: string;
  readonly region: string;
  /** The platform's account. */
  readonly account: string;
  /** Default: the same. */
  readonly payerAccount?: string;
  readonly bill: BillSource;
  readonly isWithoutBucket?: boolean;
  /** The owner of the bucket with that name. Default: the platform's account. */
  readonly bucketOwner?: string;
  /** The time at which files are stored. */
  readonly now?: () => number;
  /** ARNs of new exports, by name. */
  readonly newId?: (name: string) => string;
}

export function givenBillExport(options: BillExportOptions) {
  const { account, payerAccount = account, bill, isWithoutBucket, bucketOwner = account } = options;
  const s3 = createS3Service(options.now);
  const bucket = exportBucketOf(options);
  if (!isWithoutBucket) {
    s3.createBucket({ name: bucket, blocksPublicPolicies: true, owner: bucketOwner });
    s3.setPolicy(bucket, deliveryPolicy(bucket, payerAccount));
  }
  const exports = createDataExportsService({
    ...{ accountId: payerAccount, bucketAccountId: bucketOwner, s3, bill },
    rowsOfFile: 7,
    ...(options.newId ? { newId: options.newId } : {}),
  });
  return { s3, bucket, exports };
}

/** The same policy as in the stack's template; test/stacks/costs-export.test.ts compares the two. */
export const deliveryPolicy = (bucket: string, payer: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'EnableAWSDataExportsToWriteToS3',
      Effect: 'Allow',
      Principal: { Service: 'bcm-data-exports.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: {
        StringLike: {
          'aws:SourceArn': [`arn:aws:bcm-data-exports:us-east-1:${payer}:export/*`],
          'aws:SourceAccount': payer,
        },
      },
    },
  ],
});
