/**
 * Errors as problem details (RFC 9457). A fault that a use case returns becomes a problem; a service that did not
 * answer becomes a 503; a bug becomes neither, and fails the invocation.
 */
import { HTTPException } from 'hono/http-exception';
import type { ApiFault } from '../../lib/app/admission-api/fault.ts';
import { OperationalError } from '../../lib/ports/errors.ts';

const statuses = {
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  late: 410,
  outdated: 412,
  invalid: 422,
  'too-many': 429,
} as const satisfies Record<ApiFault['kind'], number>;

const titles: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'A valid token is needed',
  403: 'The token is not for this',
  404: 'There is no such thing here',
  405: 'The path has no such method',
  409: 'It conflicts with what is there',
  410: 'It is too late',
  412: 'It was changed meanwhile',
  413: 'The body is too large',
  415: 'The body is of another type',
  422: 'It cannot be stored as it is',
  428: 'If-Match is needed',
  429: 'Too many requests',
  503: 'Something is not available now',
};

/** Thrown by a route; the API answers with it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { field?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.field = more.field;
    this.headers = more.headers ?? {};
  }
}

export function problemOf({ kind, code, text, field, retryAfterSeconds }: ApiFault): Problem {
  return new Problem(statuses[kind], code, text, {
    ...(field === undefined ? {} : { field }),
    headers: {
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
      ...(kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
    },
  });
}

/** @throws the error itself if it is a bug */
export function answerTo(error: unknown): Response {
  if (error instanceof Problem) return response(error);
  // Hono throws this for a body that is not JSON.
  if (error instanceof HTTPException && error.status === 400)
    return response(new Problem(400, 'not-json', error.message));
  if (!(error instanceof OperationalError)) throw error;
  const detail =
    'A service that the platform needs did not answer. Changes are all or nothing: send the request again.';
  return response(new Problem(503, 'unavailable', detail, { headers: { 'retry-after': '5' } }));
}

function response({ status, code, message: detail, field, headers }: Problem): Response {
  const body = { type: 'about:blank', title: titles[status] ?? '', status, detail, code };
  return new Response(JSON.stringify({ ...body, ...(field === undefined ? {} : { field }) }), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}
