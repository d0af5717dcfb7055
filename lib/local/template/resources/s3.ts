/** Buckets: nothing of the running platform reads or writes one, so they only have a name. */
import { type Registry, withoutEffect } from '../resource-type.ts';

const unused = 'no function of the platform uses a bucket';

export const s3Types: Registry = {
  'AWS::S3::Bucket': {
    properties: {
      BucketName: true,
      BucketEncryption: withoutEffect.encryption,
      PublicAccessBlockConfiguration: unused,
      OwnershipControls: unused,
      VersioningConfiguration: unused,
      LifecycleConfiguration: withoutEffect.retention,
      Tags: withoutEffect.tags,
    },
    attributes: ['Arn'],
    create({ properties, generatedName }) {
      const name: string = properties['BucketName'] ?? generatedName(63).toLowerCase();
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
    },
  },
  'AWS::S3::BucketPolicy': {
    properties: { Bucket: unused, PolicyDocument: unused },
    attributes: [],
    create: ({ logicalId }) => ({ ref: logicalId }),
  },
};
