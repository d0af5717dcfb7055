/**
 * Checks the bucket before AWS is asked to deliver the bill to it: bucket names are global, so it may be somebody
 * else's.
 */
import { HeadBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { exportBucketOf } from '../../../contract/costs-export.ts';
import { awsOptions } from '../../aws-clients.ts';
import type { CommandCall } from '../../command.ts';
import type { ExportCall } from './export-place.ts';

/**
 * @returns a line about why AWS cannot deliver there. Undefined: it is the platform's bucket, or only AWS can tell:
 * if another account pays, that account may not read the bucket, and AWS's service checks the owner through the
 * export's S3BucketOwner
 */
export async function bucketFault(call: CommandCall, asked: ExportCall): Promise<string | undefined> {
  const { place, caller } = asked;
  if (caller !== place.account) return undefined;
  const Bucket = exportBucketOf(place);
  const client = s3Client(call);
  try {
    await client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: place.account }));
    return undefined;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const status = error.$metadata.httpStatusCode;
    if (status === 404) return `There is no bucket ${Bucket}: deploy with costsExport first.\n`;
    if (status !== 403) throw error;
    return (
      `The bucket ${Bucket} belongs to another account than ${place.account}, or these credentials lack s3:ListBucket on it ` +
      '(npx mayfly policy costs-export-enable). Nothing was sent to AWS.\n'
    );
  } finally {
    client.destroy();
  }
}

export function s3Client(call: CommandCall): S3Client {
  const options = awsOptions(call);
  return new S3Client({ ...options, ...('endpoint' in options ? { forcePathStyle: true } : {}) });
}
