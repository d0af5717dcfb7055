/** An S3 client with bounded waits. Small calls get three attempts; a streaming upload cannot be repeated, and is not. */
import { S3Client } from '@aws-sdk/client-s3';

export function createS3Client(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): S3Client {
  const endpoint = variables['AWS_ENDPOINT_URL_S3'] || variables['AWS_ENDPOINT_URL'];
  return new S3Client({
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    maxAttempts: 3,
    // Errors are thrown; the client would also print that it does not repeat a stream.
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    // Between two bytes, not for the whole: an archive of 200 MB may take its time.
    requestHandler: { connectionTimeout: 2_000, socketTimeout: 20_000 },
  });
}

const silent = () => undefined;
