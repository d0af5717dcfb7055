/**
 * AWS errors that the operator can fix or wait out: no credentials, no permission, no network, nothing deployed, an
 * endpoint that does not support the call, throttling, a failure of AWS itself. One table maps AWS's error names to what
 * to do. Any other error is a bug in the command and is rethrown unchanged.
 */
import { type CommandCall, UsageError } from './command.ts';
import { policyNameOf } from './command-groups.ts';

type Kind =
  | 'credentials'
  | 'right'
  | 'network'
  | 'unanswered'
  | 'not-deployed'
  | 'endpoint'
  | 'throttled'
  | 'of-aws';

const names: Readonly<Record<Kind, readonly string[]>> = {
  credentials: [
    'CredentialsProviderError',
    'TokenProviderError',
    'ExpiredToken',
    'ExpiredTokenException',
    'RequestExpired',
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'InvalidAccessKeyId',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignature',
    'MissingAuthenticationToken',
    'AuthFailure',
  ],
  right: ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'AuthorizationError'],
  network: ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH'],
  unanswered: ['ECONNRESET', 'TimeoutError'],
  'not-deployed': ['ResourceNotFoundException'],
  endpoint: ['InvalidAction', 'UnknownOperationException'],
  // As the SDK lists them, after as many attempts as it makes:
  // https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
  throttled: [
    'BandwidthLimitExceeded',
    'EC2ThrottledException',
    'LimitExceededException',
    'PriorRequestNotComplete',
    'ProvisionedThroughputExceeded',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'SlowDown',
    'ThrottledException',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
    'TransactionInProgressException',
  ],
  'of-aws': [
    'InternalError',
    'InternalFailure',
    'InternalServerError',
    'InternalServiceError',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'Unavailable',
  ],
};

const kindOf = new Map(
  Object.entries(names).flatMap(([kind, list]) => list.map((name) => [name, kind as Kind])),
);

/** What the advice needs to know about the call. */
export type FailedCommand = Pick<CommandCall, 'config' | 'environment'> & { readonly command: string };

/** What to print for the operator, or undefined if the error is none of these. */
export function explainFault(error: unknown, failed: FailedCommand): string | undefined {
  const found = findFault(error);
  return found && `${found.fault.message || found.name}\n${remedies[found.kind](failed)}`;
}

/** Undefined: none of the table's. */
export const faultKind = (error: unknown): Kind | undefined => findFault(error)?.kind;

/** For commands that expect one cause of a failed call: any other cause in the table is rethrown unchanged. */
export function usageErrorUnlessFault(cause: unknown, message: string): unknown {
  const kind = faultKind(cause);
  return kind === undefined || kind === 'not-deployed' ? new UsageError(message) : cause;
}

const remedies: Readonly<Record<Kind, (failed: FailedCommand) => string>> = {
  credentials: () =>
    'There are no AWS credentials, or they are expired or wrong. Sign in (aws sso login, and set AWS_PROFILE), or set ' +
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. aws sts get-caller-identity shows who you are.',
  right: ({ command }) =>
    `These credentials lack a permission. A minimal policy for this command: npx mayfly policy ${policyNameOf(command)}`,
  network: noConnection,
  // The request may have arrived, so a change may be made.
  unanswered: (failed) => `${noConnection(failed)} ${mayBeDone}`,
  'not-deployed': ({ config }) =>
    `The environment ${config.environment} is not in ${config.region} of this account. Deploy first (npx cdk deploy --all), ` +
    'or correct mayfly.config.ts or the credentials: aws sts get-caller-identity shows the account.',
  endpoint: ({ command, environment }) =>
    `AWS_ENDPOINT_URL is ${environment['AWS_ENDPOINT_URL'] ?? 'not set'}, which does not support this call. ` +
    `The laptop platform has no quotas and no instance types: run mayfly ${command} against an AWS account.`,
  throttled: ({ environment }) =>
    `${answering(environment) ?? 'AWS'} throttles calls of this account. ${runAgain}`,
  'of-aws': ({ environment }) => {
    const endpoint = answering(environment);
    const said = endpoint
      ? `${endpoint} failed to answer.`
      : 'AWS failed to answer; https://health.aws.amazon.com/health/status shows whether it has a problem.';
    return `${said} ${runAgain}`;
  },
};

function noConnection({ config, environment }: FailedCommand): string {
  const endpoint = environment['AWS_ENDPOINT_URL'];
  return endpoint
    ? `Nothing answers at AWS_ENDPOINT_URL, ${endpoint}. Run npm start, or unset it to use AWS.`
    : `AWS does not respond. Check the network, the proxy, and the region in mayfly.config.ts, ${config.region}.`;
}

/** What answers instead of AWS, if anything does. */
function answering(environment: FailedCommand['environment']): string | undefined {
  const endpoint = environment['AWS_ENDPOINT_URL'];
  return endpoint ? `The endpoint at AWS_ENDPOINT_URL, ${endpoint},` : undefined;
}

const mayBeDone = 'If the command changes something, look first: it may have done so, in whole or in part.';
const runAgain = `Wait a minute, then run the command again. ${mayBeDone}`;

interface Fault {
  readonly kind: Kind;
  readonly name: string;
  readonly fault: Error;
}

/** Adapters wrap AWS's errors, so causes are searched too; a failed connection is an AggregateError. */
function findFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const name of [error.name, (error as { code?: unknown }).code]) {
    const kind = kindOf.get(String(name));
    if (kind) return { kind, name: String(name), fault: error };
  }
  // Other services and gateways have more names for a failure of their own.
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  if (Number($metadata?.httpStatusCode) >= 500) return { kind: 'of-aws', name: error.name, fault: error };
  return findFault(error.cause);
}
