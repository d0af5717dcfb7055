/**
 * `@aws-sdk/client-dynamodb` as the stores find it in bundles, for their contracts. What bundles lack, and only tests use,
 * is the SDK's.
 */
import * as own from '../../../lib/adapters/aws-json/dynamodb.ts';

export * from '@aws-sdk/client-dynamodb';
export {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '../../../lib/adapters/aws-json/dynamodb.ts';

interface Place {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** All that went through these clients. */
export const sent: object[] = [];

/** Made as in functions, except for the tables' names and address. */
export class DynamoDBClient {
  readonly #client;

  constructor({ endpoint, credentials }: Place) {
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = credentials;
    const keys = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    const variables = { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: endpoint, ...keys };
    this.#client = new own.DynamoDBClient({}, { variables });
  }

  send(command: Parameters<own.DynamoDBClient['send']>[0]): Promise<unknown> {
    sent.push(command);
    return this.#client.send(command);
  }

  destroy() {}
}

/** A call that no function may make, but that a test's tables need. */
export class CreateTableCommand {
  readonly action = 'CreateTable';
  readonly input: object;
  constructor(input: object) {
    this.input = input;
  }
}
