/**
 * Endpoints and formats of the services that are called with plain JSON. Endpoints can be set as for the SDKs.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface JsonService {
  /** In request signatures, and in the host name. */
  readonly name: string;
  /** As in `AWS_ENDPOINT_URL_…`. */
  readonly variable: string;
  readonly method: 'POST' | 'PUT';
  readonly contentType: string;
  /** Before the action in `x-amz-target`. Absent: the action is the path. */
  readonly target?: string;
  /** The endpoint, if it does not follow from the region. */
  readonly url?: string;
}

export const jsonServices = {
  sqs: {
    name: 'sqs',
    variable: 'SQS',
    method: 'POST',
    contentType: 'application/x-amz-json-1.0',
    target: 'AmazonSQS',
  },
  dynamodb: {
    name: 'dynamodb',
    variable: 'DYNAMODB',
    method: 'POST',
    contentType: 'application/x-amz-json-1.0',
    target: 'DynamoDB_20120810',
  },
  secretsManager: {
    name: 'secretsmanager',
    variable: 'SECRETS_MANAGER',
    method: 'POST',
    contentType: 'application/x-amz-json-1.1',
    target: 'secretsmanager',
  },
  /** Its action is the path of the function's invocations. */
  lambda: { name: 'lambda', variable: 'LAMBDA', method: 'POST', contentType: 'application/json' },
  imageBuilder: {
    name: 'imagebuilder',
    variable: 'IMAGEBUILDER',
    method: 'PUT',
    contentType: 'application/json',
  },
  /** The one endpoint of all regions. Source: https://docs.aws.amazon.com/general/latest/gr/billing.html */
  dataExports: {
    name: 'bcm-data-exports',
    variable: 'BCM_DATA_EXPORTS',
    method: 'POST',
    contentType: 'application/x-amz-json-1.1',
    target: 'AWSBillingAndCostManagementDataExports',
    url: 'https://bcm-data-exports.us-east-1.api.aws',
  },
} as const satisfies Record<string, JsonService>;

export function endpointOf(service: JsonService, variables: Variables): URL {
  const given = variables[`AWS_ENDPOINT_URL_${service.variable}`] || variables['AWS_ENDPOINT_URL'];
  if (given) return new URL(given);
  if (service.url !== undefined) return new URL(service.url);
  const region = regionOf(variables);
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(`https://${service.name}.${region}.${suffix}`);
}

export const regionOf = (variables: Variables): string => variables['AWS_REGION'] ?? '';
