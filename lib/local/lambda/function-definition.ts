/**
 * A function as the template defines it, and the environment of its processes: what Lambda would give them, and nothing
 * of this process's own except PATH.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** The unpacked bundle; the working directory of its processes. */
  readonly folder: string;
  /** `index.handler`. */
  readonly handler: string;
  readonly runtime: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
  /** The ARN of the role that it runs under. */
  readonly role: string;
}

export interface FunctionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Surroundings {
  readonly region: string;
  readonly endpointUrl: string;
  readonly credentials: FunctionCredentials;
  readonly logStream: string;
}

export function processEnvironment(
  definition: FunctionDefinition,
  around: Surroundings,
): Record<string, string> {
  return {
    ...definition.environment,
    PATH: process.env['PATH'] ?? '',
    TZ: ':UTC',
    _HANDLER: definition.handler,
    AWS_REGION: around.region,
    AWS_DEFAULT_REGION: around.region,
    AWS_ACCESS_KEY_ID: around.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: around.credentials.secretAccessKey,
    ...(around.credentials.sessionToken ? { AWS_SESSION_TOKEN: around.credentials.sessionToken } : {}),
    AWS_ENDPOINT_URL: around.endpointUrl,
    AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: definition.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: around.logStream,
    LAMBDA_TASK_ROOT: definition.folder,
  };
}

/**
 * As Lambda's own start script bounds Node's heap: nine tenths of the memory for long-lived objects, and a twentieth for
 * each half of the new ones. Without a bound on new objects, Node lets garbage grow to a hundred megabytes before it
 * collects.
 * Source: /var/runtime of nodejs20.x, https://gist.github.com/davidjb/432ea4e1c89f399ec412270539fe126f
 */
export function heapOptions({ memoryMegabytes }: Pick<FunctionDefinition, 'memoryMegabytes'>): string[] {
  const fresh = Math.floor(memoryMegabytes / 10);
  return [
    `--max-semi-space-size=${Math.floor(fresh / 2)}`,
    `--max-old-space-size=${memoryMegabytes - fresh}`,
  ];
}

/** Variables that Lambda refuses in a function's own environment. */
export const reservedVariables = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'LAMBDA_TASK_ROOT',
] as const;
