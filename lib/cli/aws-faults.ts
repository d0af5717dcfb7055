/**
 * What keeps any command from its work, whichever call meets it: no credentials, no right, no network, nothing deployed, an
 * endpoint that does not know the call. One table from AWS's names to what the operator can do about it; whatever is not in
 * it is a fault of the command, and is thrown on as it came.
 */
import { type CommandCall, UsageError } from './command.ts';

type Kind = 'credentials' | 'right' | 'network' | 'not-deployed' | 'endpoint';

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
  network: [
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'ENETUNREACH',
    'EHOSTUNREACH',
    'TimeoutError',
  ],
  'not-deployed': ['ResourceNotFoundException'],
  endpoint: ['InvalidAction', 'UnknownOperationException'],
};

const kindOf = new Map(
  Object.entries(names).flatMap(([kind, list]) => list.map((name) => [name, kind as Kind])),
);

/** The call, as far as what can be done depends on it. */
type Place = Pick<CommandCall, 'config' | 'environment'> & { readonly command: string };

/** What to tell the operator, or undefined where the error is none of these. */
export function explainFault(error: unknown, place: Place): string | undefined {
  const found = findFault(error);
  return found && `${found.fault.message || found.name}\n${remedies[found.kind](place)}`;
}

/** For a command that knows one cause of a failed call: any other cause that the table knows is thrown on as it came. */
export function usageErrorUnlessFault(cause: unknown, message: string): unknown {
  const kind = findFault(cause)?.kind;
  return kind === undefined || kind === 'not-deployed' ? new UsageError(message) : cause;
}

const remedies: Readonly<Record<Kind, (place: Place) => string>> = {
  credentials: () =>
    'AWS takes no credentials from here: there are none, or they are over or wrong. Sign in (aws sso login, and set ' +
    'AWS_PROFILE), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. aws sts get-caller-identity shows who you are.',
  right: ({ command }) =>
    `These credentials may not do that. The least policy for the command: npx mayfly policy ${command}`,
  network: ({ config, environment }) =>
    environment['AWS_ENDPOINT_URL']
      ? `Nobody answers there. AWS_ENDPOINT_URL is ${environment['AWS_ENDPOINT_URL']}: start what is meant, or unset it for AWS.`
      : `Nobody answers there. Look at the network, its proxy and the region in mayfly.config.ts, ${config.region}.`,
  'not-deployed': ({ config }) =>
    `The environment ${config.environment} is not in ${config.region} of this account. Deploy first (npx cdk deploy --all), ` +
    'or mend mayfly.config.ts or the credentials: aws sts get-caller-identity shows the account.',
  endpoint: ({ command, environment }) =>
    `AWS_ENDPOINT_URL is ${environment['AWS_ENDPOINT_URL'] ?? 'not set'}; what is there does not know the call. ` +
    `The laptop has no quotas and no instance types to ask for: mayfly ${command} is for an AWS account.`,
};

interface Fault {
  readonly kind: Kind;
  readonly name: string;
  readonly fault: Error;
}

/** Adapters wrap what AWS says, so the causes are looked through too, and a failed connection is several errors in one. */
function findFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const name of [error.name, (error as { code?: unknown }).code]) {
    const kind = kindOf.get(String(name));
    if (kind) return { kind, name: String(name), fault: error };
  }
  return findFault(error.cause);
}
