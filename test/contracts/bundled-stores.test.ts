/** The stores' contracts, with the DynamoDB client of bundles in place of the SDK's. */
import * as sdk from '@aws-sdk/client-dynamodb';
import { expect, it, jest } from '@jest/globals';
import * as own from '../../lib/adapters/aws-json/dynamodb.ts';

interface Place {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Made as in functions, except for the tables' names and address. */
class BundledClient {
  readonly send;
  constructor({ endpoint, credentials }: Place) {
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = credentials;
    const keys = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    const variables = { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: endpoint, ...keys };
    const client = new own.DynamoDBClient({}, { variables });
    this.send = client.send.bind(client);
  }
  destroy() {}
}

/** Calls that no function may make, but that a test's tables need. */
class CreateTableCommand {
  readonly action = 'CreateTable';
  readonly input: object;
  constructor(input: object) {
    this.input = input;
  }
}

const send = jest.spyOn(own.DynamoDBClient.prototype, 'send');
const mixed = { ...sdk, ...own, DynamoDBClient: BundledClient, CreateTableCommand };
jest.unstable_mockModule('@aws-sdk/client-dynamodb', () => mixed);
await import('./job-store.test.ts');
await import('./launch-store.test.ts');

it('went through that client', () => expect(send).toHaveBeenCalled());
