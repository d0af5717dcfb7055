/**
 * The laptop's AWS as its tests use it: an endpoint with a queue service, and SDK clients for whoever calls.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startDynamoEngine } from '../../../lib/local/aws/dynamo-engine.ts';
import { createDynamoService, type DynamoService } from '../../../lib/local/aws/dynamodb.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../lib/local/aws/endpoint.ts';
import type { Credentials } from '../../../lib/local/aws/principals.ts';
import type { AwsService, PolicyDocument } from '../../../lib/local/aws/service.ts';
import { createSqsService, type SqsService } from '../../../lib/local/aws/sqs.ts';

export const place = { region: 'us-east-1', accountId: '123456789012' };

export interface QueueWorld {
  readonly endpoint: AwsEndpoint;
  readonly sqs: SqsService;
  close(): Promise<void>;
}

export async function startQueueWorld(services: readonly AwsService[] = []): Promise<QueueWorld> {
  const sqs = createSqsService({ ...place, endpointUrl: () => endpoint.url });
  const endpoint: AwsEndpoint = await startAwsEndpoint({ ...place, services: [sqs, ...services] });
  const close = async () => {
    sqs.close();
    await endpoint.close();
  };
  return { endpoint, sqs, close };
}

export interface DynamoWorld {
  readonly service: DynamoService;
  readonly client: DynamoDBClient;
  close(): Promise<void>;
}

/** The database with an engine and an endpoint of its own, and an operator's client. */
export async function startDynamoWorld(): Promise<DynamoWorld> {
  const engine = await startDynamoEngine();
  const service = createDynamoService({ engineUrl: engine.url });
  const endpoint = await startAwsEndpoint({ ...place, services: [service] });
  const client = new DynamoDBClient(clientConfiguration(endpoint));
  const close = async () => {
    client.destroy();
    await endpoint.close();
    service.close();
    await engine.close();
  };
  return { service, client, close };
}

/** For any SDK client: errors are reported at once, never retried. */
export function clientConfiguration(
  endpoint: AwsEndpoint,
  credentials: Credentials = endpoint.operatorCredentials,
) {
  return { endpoint: endpoint.url, region: place.region, credentials, maxAttempts: 1 };
}

export function sqsClient(endpoint: AwsEndpoint, credentials?: Credentials): SQSClient {
  return new SQSClient(clientConfiguration(endpoint, credentials));
}

export function givenFunction(
  endpoint: AwsEndpoint,
  name: string,
  ...policies: PolicyDocument[]
): Credentials {
  const arn = `arn:aws:sts::${place.accountId}:assumed-role/${name}/${name}`;
  return endpoint.addPrincipal({ name, arn, policies });
}

export function allowing(action: string | string[], resource: string): PolicyDocument {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] };
}
