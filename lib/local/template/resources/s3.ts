/** Buckets, and the policies that decide about requests without credentials. */
import type { PolicyDocument } from '../../aws/service.ts';
import { type Registry, withoutEffect } from '../resource-type.ts';

export const s3Types: Registry = {
  'AWS::S3::Bucket': {
    properties: {
      BucketName: true,
      PublicAccessBlockConfiguration: {
        BlockPublicPolicy: true,
        BlockPublicAcls: 'there are no ACLs here',
        IgnorePublicAcls: 'there are no ACLs here',
        RestrictPublicBuckets: 'no policy here may be public',
      },
      BucketEncryption: withoutEffect.encryption,
      OwnershipControls: 'there are no ACLs here',
      LifecycleConfiguration: withoutEffect.retention,
      Tags: withoutEffect.tags,
    },
    attributes: ['Arn', 'RegionalDomainName'],
    create({ properties, generatedName }, cloud) {
      const name: string = properties['BucketName'] ?? generatedName(63).toLowerCase();
      const { BlockPublicPolicy } = properties['PublicAccessBlockConfiguration'] ?? {};
      cloud.buckets.create({ name, blocksPublicPolicies: BlockPublicPolicy === true });
      const RegionalDomainName = `${name}.s3.${cloud.region}.amazonaws.com`;
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, RegionalDomainName } };
    },
  },
  'AWS::S3::BucketPolicy': {
    properties: { Bucket: true, PolicyDocument: true },
    attributes: [],
    create({ logicalId, properties }, cloud) {
      cloud.buckets.setPolicy(String(properties['Bucket']), properties['PolicyDocument'] as PolicyDocument);
      return { ref: logicalId };
    },
  },
};
