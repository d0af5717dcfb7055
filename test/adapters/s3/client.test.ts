import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, it } from '@jest/globals';
import { createS3Client } from '../../../lib/adapters/s3/client.ts';

it('waits for two seconds for a connection and for twenty between two bytes, three times', async () => {
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  const client = createS3Client({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  expect(await client.config.maxAttempts()).toBe(3);
  // Its handler has its times only once it was used.
  await expect(client.send(new ListObjectsV2Command({ Bucket: 'runners' }))).rejects.toThrow();
  const { requestHandler } = client.config as { requestHandler: { httpHandlerConfigs?: () => object } };
  expect(requestHandler.httpHandlerConfigs?.()).toMatchObject({
    ...{ connectionTimeout: 2_000, socketTimeout: 20_000 },
  });
  client.destroy();
});
