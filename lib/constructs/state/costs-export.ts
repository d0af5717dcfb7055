/**
 * The bucket that AWS delivers the bill's rows to, once `mayfly costs export enable` has asked for them. Only AWS's
 * service writes to it, on behalf of the account that pays the bill; the platform's own functions have no access to
 * it. Source of the policy: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-s3-bucket.html
 */
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { exportBucketOf, exportPrefix } from '../../contract/costs-export.ts';

export interface CostsExportProps {
  readonly environment: string;
  /** Twelve digits. Default: the account that this is deployed to. */
  readonly payerAccount?: string;
}

/** AWS rewrites the files of a month until two weeks after it, so files of this age belong to a month long past. */
const keptDays = 400;

export class CostsExport extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { environment, payerAccount }: CostsExportProps) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: exportBucketOf({ environment, region, account }),
      // With S3's own key: AWS's service would need permission to use another one.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(keptDays), prefix: `${exportPrefix}/` }],
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.bucket.addToResourcePolicy(letDeliver(this.bucket, payerAccount ?? account));
  }
}

function letDeliver(bucket: Bucket, payer: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'EnableAWSDataExportsToWriteToS3',
    effect: Effect.ALLOW,
    principals: [new ServicePrincipal('bcm-data-exports.amazonaws.com')],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('*')],
    conditions: {
      StringLike: {
        'aws:SourceArn': [`arn:aws:bcm-data-exports:us-east-1:${payer}:export/*`],
        'aws:SourceAccount': payer,
      },
    },
  });
}
