/**
 * What a service of the laptop's AWS must offer so that the one local endpoint can serve it, and what it learns about a
 * call. The endpoint reads the request, identifies the caller, asks the service what must be allowed, evaluates the
 * caller's IAM policies, waits for the latency dial, and only then lets the service answer.
 */
import type { SignedRequest } from './signature.ts';

/** Who calls: a function with its role's policies, a machine's operator, or anyone with the operator's keys. */
export interface Principal {
  readonly accessKeyId: string;
  /** `{environment}-scale-up`, or `operator`. */
  readonly name: string;
  readonly arn: string;
  /** The operator may do anything. */
  readonly isOperator: boolean;
  readonly policies: readonly PolicyDocument[];
  /** Bounds whatever the policies allow. */
  readonly boundary?: PolicyDocument | undefined;
}

/** An IAM policy document, intrinsics resolved. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly PolicyStatement[] | PolicyStatement;
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[] | boolean>>>
  >;
}

export interface AwsCall {
  /** The signing name: dynamodb, sqs, ec2, secretsmanager, sts, … */
  readonly service: string;
  /** `PutItem`, `CreateFleet`, … */
  readonly action: string;
  /** The JSON body, or the form fields of a query-protocol call as they were sent (`Filter.1.Name`). */
  readonly input: Readonly<Record<string, unknown>>;
  readonly protocol: 'json' | 'query';
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: Principal;
  readonly region: string;
  readonly accountId: string;
  /** The VPC endpoint that the request came through. */
  readonly sourceVpce?: string;
}

/** One thing that IAM must allow. `context` holds condition keys, in lower case: `aws:requesttag/ghr:environment`. */
export interface IamQuestion {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** DynamoDB's request units, for the call log; not sent. */
  readonly writeUnits?: number;
  readonly readUnits?: number;
  /** The write units of writes that a condition or another transaction refused. */
  readonly failedUnits?: number;
  /** By table, and by index as `table/index`. */
  readonly unitsByPart?: Readonly<Record<string, number>>;
}

export interface AwsService {
  readonly service: string;
  /** All of these must be allowed before `handle` is called. Empty: the call needs no permission. */
  questions(call: AwsCall): readonly IamQuestion[];
  /** Answers, or throws AwsError. */
  handle(call: AwsCall): Promise<AwsAnswer>;
  /** For a service whose requests name their action by method and path. @throws AwsError for an unknown one */
  readRequest?(request: SignedRequest): Pick<AwsCall, 'action' | 'input' | 'protocol'>;
  /** The resource's own policy. */
  policyOf?(call: AwsCall): PolicyDocument | undefined;
  /** Whether a request without a signature is for this service. */
  readonly takesAnonymous?: true;
}

/** An error in AWS's words; the endpoint renders it in the caller's protocol. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** One served call, for the call log, the IAM log and the cost counts. */
export interface CallRecord {
  readonly at: number;
  readonly caller: string;
  readonly service: string;
  readonly action: string;
  readonly questions: readonly IamQuestion[];
  readonly outcome: 'allowed' | 'denied';
  readonly status: number;
  /** DynamoDB's write and read request units, where the engine reported them. */
  readonly writeUnits?: number;
  readonly readUnits?: number;
  readonly failedUnits?: number;
  readonly unitsByPart?: Readonly<Record<string, number>>;
  /** How long its dial made it wait, and when it was answered. */
  readonly latencyMs?: number;
  readonly endedAt?: number;
  /** The invocation that called, if the SDK says so, as it does on Lambda. */
  readonly invocation?: string;
}

/**
 * Dials, as JSON at `PUT /_dials` of the endpoint (and of the GitHub stand-in, for its own routes): for a match of
 * `service` (or `*`) and `action` (or `*`), every call waits `latencyMs`, and the next `count` (absent: all) calls, each
 * with `probability` (absent: 1), fail with `error`. The most specific match wins.
 */
export interface Dial {
  readonly service: string;
  readonly action: string;
  readonly latencyMs?: number;
  readonly error?: { readonly code: string; readonly message?: string; readonly status?: number };
  readonly count?: number;
  readonly probability?: number;
  /** Only calls by this principal. */
  readonly caller?: string;
  /** before: fail without effect. after: do it, then fail or drop the answer. Default before. */
  readonly when?: 'before' | 'after';
}
