/**
 * The platform's own copy of GitHub's runner program. Machines have no credentials, so they read it anonymously: the
 * bucket admits the VPC endpoint that they use, and nobody else. Only the syncer writes.
 */
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { variables } from '../../contract/environment.ts';
import { runnerPrefix } from '../../contract/runner-binaries.ts';
import { allow, type Grant } from '../basics/grant.ts';

export class RunnerBinaries extends Construct {
  readonly bucket: Bucket;
  /** What a machine puts after `https://`; empty if it cannot read the bucket. */
  readonly hostForMachines: string;

  constructor(scope: Construct, id: string, { s3EndpointId }: { readonly s3EndpointId: string | undefined }) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      // AWS's own key: anonymous readers could not use a customer managed one.
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // Without a fixed name, a bucket that was left behind blocks nothing; a failed first deploy leaves none.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.hostForMachines = s3EndpointId === undefined ? '' : this.bucket.bucketRegionalDomainName;
    if (s3EndpointId !== undefined) this.bucket.addToResourcePolicy(readThrough(this.bucket, s3EndpointId));
  }

  /** What the syncer does, and nothing else. */
  syncGrants(): Grant[] {
    const inFolders = [this.bucket.arnForObjects(`${runnerPrefix}*`)];
    return [
      allow('KeepRunners', {
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: inFolders,
      }),
      {
        ...allow('ListRunners', { actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
        variables: { [variables.runnerBucket]: this.bucket.bucketName },
      },
    ];
  }
}

/** A policy restricted to one endpoint is not public, so Block Public Access accepts it. */
function readThrough(bucket: Bucket, endpointId: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'MachinesRead',
    effect: Effect.ALLOW,
    principals: [new AnyPrincipal()],
    actions: ['s3:GetObject'],
    resources: [bucket.arnForObjects(`${runnerPrefix}*`)],
    conditions: { StringEquals: { 'aws:SourceVpce': endpointId } },
  });
}
