/**
 * All of AWS on the laptop: one HTTP endpoint that knows which function is calling, evaluates that function's own IAM
 * policies, and refuses what they do not allow as AWS would. It listens on 127.0.0.1 only, and contains no services
 * itself: they are passed in.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallLog } from './call-log.ts';
import { control } from './control.ts';
import { connectionReset, Dials, type Effect } from './dials.ts';
import { asAwsError, errorAnswer } from './error-answer.ts';
import { findRefusal } from './iam/authorize.ts';
import { IamLog } from './iam/iam-log.ts';
import { KeyRegistry } from './keys.ts';
import {
  anonymous,
  type Credentials,
  type NewPrincipal,
  operatorCredentials,
  Principals,
} from './principals.ts';
import { plainHeaders, protocolOf, readBody, readOperation } from './request.ts';
import {
  type AwsAnswer,
  type AwsCall,
  AwsError,
  type AwsService,
  type CallRecord,
  type PolicyDocument,
  type Principal,
} from './service.ts';
import { parseAuthorization, type SignedRequest, signatureFits } from './signature.ts';

export interface AwsEndpointOptions {
  readonly region: string;
  readonly accountId: string;
  readonly services: readonly AwsService[];
  /** 0 or absent: a free one. */
  readonly port?: number;
}

export interface AwsEndpoint {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly operatorCredentials: Credentials;
  readonly dials: Dials;
  readonly calls: CallLog;
  readonly iam: IamLog;
  readonly keys: KeyRegistry;
  /** Answers `PUT` at this path (`/_ec2`) with what `change` makes of the JSON; its errors say what is allowed. */
  addControl(path: `/_${string}`, change: (json: unknown) => unknown): void;
  /** Serves one more service; replaces one of the same name. */
  use(service: AwsService): void;
  addPrincipal(principal: NewPrincipal): Credentials;
  updatePolicies(name: string, policies: readonly PolicyDocument[]): void;
  removePrincipal(name: string): void;
  /** Undefined where there is no such principal. */
  policiesOf(name: string): readonly PolicyDocument[] | undefined;
  /** The names of all principals but the operator. */
  principals(): readonly string[];
  /** Returns a function that stops listening. */
  onCall(listener: (record: CallRecord) => void): () => void;
  /** Closes connections at once, including long polls. The services stay as they are. */
  close(): Promise<void>;
}

/** What the endpoint needs to answer a request. */
interface EndpointContext {
  readonly region: string;
  readonly accountId: string;
  readonly services: Map<string, AwsService>;
  readonly principals: Principals;
  readonly dials: Dials;
  readonly calls: CallLog;
  readonly iam: IamLog;
  readonly keys: KeyRegistry;
  readonly controls: Map<string, (json: unknown) => unknown>;
}

export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const { region, accountId } = options;
  const services = new Map(options.services.map((service) => [service.service, service]));
  const principals = new Principals(accountId);
  const dials = new Dials();
  const calls = new CallLog();
  const iam = new IamLog();
  const keys = new KeyRegistry();
  const controls: EndpointContext['controls'] = new Map();
  const context: EndpointContext = {
    region,
    accountId,
    services,
    principals,
    dials,
    calls,
    iam,
    keys,
    controls,
  };
  const server = createServer((request, response) => {
    serve(context, request, response).catch((error) => response.destroy(error));
  });
  // Node's default of 5 s would close kept connections while functions reuse them.
  server.keepAliveTimeout = 10 * 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operatorCredentials,
    dials,
    calls,
    iam,
    keys,
    addControl: (path, change) => void controls.set(path, change),
    use: (service) => void services.set(service.service, service),
    addPrincipal: (principal) => principals.add(principal),
    updatePolicies: (name, policies) => principals.updatePolicies(name, policies),
    removePrincipal: (name) => principals.remove(name),
    policiesOf: (name) => principals.policiesOf(name),
    principals: () => principals.names(),
    onCall: (listener) => calls.onCall(listener),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  context: EndpointContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const headers = plainHeaders(request);
  const { method = 'GET', url = '/' } = request;
  const { path, sourceVpce } = readGateway(url);
  const requestId = randomUUID();
  const authorization = parseAuthorization(headers['authorization']);
  const protocol = protocolOf(headers, authorization?.service);
  let answer: AwsAnswer | undefined;
  try {
    const body = await readBody(request);
    answer = path.startsWith('/_')
      ? control({ method, path, body }, context)
      : await answerCall(context, identify(context, { method, path, headers, body, sourceVpce }));
  } catch (error) {
    const service = authorization?.service ?? openService(context)?.service ?? '';
    answer = errorAnswer(asAwsError(error), { protocol, service, requestId });
  }
  if (!answer) {
    response.destroy();
    return;
  }
  const length = Buffer.byteLength(answer.body);
  response.writeHead(answer.status, {
    'x-amzn-requestid': requestId,
    ...answer.headers,
    'content-length': length,
  });
  response.end(answer.body);
}

/** Calls through a VPC's gateway endpoint have `/_vpce/<its id>` before their path: machines have no other network. */
function readGateway(url: string): { readonly path: string; readonly sourceVpce: string | undefined } {
  const [, sourceVpce, path] = /^\/_vpce\/(vpce-[0-9a-f]+)(\/.*)$/.exec(url) ?? [];
  return { path: path ?? url, sourceVpce };
}

/** The one service that answers requests without a signature. */
const openService = (context: EndpointContext) =>
  [...context.services.values()].find(({ takesAnonymous }) => takesAnonymous);

interface ArrivedRequest extends SignedRequest {
  readonly sourceVpce: string | undefined;
}

/** Who calls what. @throws AwsError for an unknown or forged caller, or an unreadable request */
function identify(context: EndpointContext, request: ArrivedRequest): AwsCall {
  const authorization = parseAuthorization(request.headers['authorization']);
  if (!authorization) {
    const open = openService(context);
    if (open && !request.headers['x-amz-target'] && request.method !== 'POST') {
      return callOf(context, request, { service: open, caller: anonymous });
    }
    throw new AwsError(
      'MissingAuthenticationTokenException',
      "The request is not signed. Use the operator's keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY " +
        `are both ${operatorCredentials.accessKeyId}.`,
    );
  }
  const entry = context.principals.find(authorization.accessKeyId);
  if (!entry) {
    throw new AwsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid: nobody has the access key ' +
        `${authorization.accessKeyId}.`,
    );
  }
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html
  if (entry.sessionToken !== request.headers['x-amz-security-token']) {
    throw new AwsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  if (!signatureFits(request, authorization, entry.secretAccessKey)) {
    throw new AwsError(
      'InvalidSignatureException',
      `The signature does not fit the secret key of ${authorization.accessKeyId}.`,
    );
  }
  // Before the body is read: it may be in an unknown protocol.
  return callOf(context, request, {
    service: serviceOf(context, authorization.service),
    caller: entry.principal,
  });
}

function callOf(
  context: EndpointContext,
  request: ArrivedRequest,
  { service, caller }: { readonly service: AwsService; readonly caller: Principal },
): AwsCall {
  const { body, headers, sourceVpce } = request;
  return {
    ...(service.readRequest?.(request) ?? readOperation(headers, body)),
    service: service.service,
    body,
    headers,
    caller,
    region: context.region,
    accountId: context.accountId,
    ...(sourceVpce === undefined ? {} : { sourceVpce }),
  };
}

/** Undefined: drop the connection without an answer. */
async function answerCall(context: EndpointContext, call: AwsCall): Promise<AwsAnswer | undefined> {
  const { service, action } = call;
  const invocation = invocationOf(call);
  const caller = { caller: call.caller.name, ...(invocation === undefined ? {} : { invocation }) };
  const record = { at: Date.now(), ...caller, service, action };
  let questions: CallRecord['questions'] = [];
  let outcome: CallRecord['outcome'] = 'allowed';
  try {
    const standIn = serviceOf(context, service);
    const asked = standIn.questions(call);
    questions = [...asked, ...context.keys.questionsFor(asked, context.region)];
    const policy = standIn.policyOf?.(call);
    const refusal = findRefusal(call.caller, questions, { ...context, policy });
    if (refusal) {
      outcome = 'denied';
      throw refusal;
    }
    const effect = context.dials.apply({ service, action, caller: call.caller.name });
    const answer = await handleUnder(effect, () => standIn.handle(call));
    const { readUnits = 0, writeUnits = 0, failedUnits = 0, unitsByPart = {} } = answer ?? {};
    const units = { readUnits, writeUnits, failedUnits, unitsByPart };
    const times = { latencyMs: effect.latencyMs, endedAt: Date.now() };
    context.calls.add({ ...record, questions, outcome, status: answer?.status ?? 0, ...units, ...times });
    return answer;
  } catch (cause) {
    const error = asAwsError(cause);
    const status = outcome === 'denied' ? 403 : error.status;
    context.calls.add({ ...record, questions, outcome, status });
    throw error;
  }
}

/** Each invocation of a function has its own trace id, which the SDK sends along. */
const invocationOf = ({ headers }: AwsCall) => /Root=([^;]+)/.exec(headers['x-amzn-trace-id'] ?? '')?.[1];

async function handleUnder(effect: Effect, handle: () => Promise<AwsAnswer>): Promise<AwsAnswer | undefined> {
  const { latencyMs, error, when } = effect;
  if (latencyMs > 0) await sleep(latencyMs);
  if (!error) return handle();
  if (when === 'after') await handle();
  if (error.code === connectionReset) return undefined;
  throw new AwsError(error.code, error.message ?? `${error.code}, as a dial says.`, error.status ?? 400);
}

function serviceOf(context: EndpointContext, service: string): AwsService {
  const standIn = context.services.get(service);
  if (standIn) return standIn;
  throw new AwsError(
    'UnknownOperationException',
    `The laptop's AWS has no service ${service}; it has ${[...context.services.keys()].sort().join(', ')}.`,
    404,
  );
}
