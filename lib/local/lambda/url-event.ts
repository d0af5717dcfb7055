/**
 * Function URL requests and answers, payload format 2.0, as pure functions.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export interface UrlRequest {
  readonly method: string;
  /** As sent: path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly sourceIp: string;
}

export interface UrlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | Buffer;
}

/**
 * AWS encodes a body "if the content type of the request is binary", whatever its bytes are. It does not document which
 * types these are; measured: all but these, so forms too, and a body without a type. Nor does it say what becomes of bytes
 * under these types that are no UTF-8. Here they are lost, as in any JSON string, so that a signature over them no longer
 * fits: a function that wants them exactly cannot have them.
 * Source: https://github.com/ministackorg/ministack/pull/766
 */
const textTypes = /^(text\/|application\/(json|javascript|xml)\s*(;|$))/i;

export function urlEvent(request: UrlRequest, at: { now: number; requestId: string; host: string }) {
  const [rawPath = '/', ...query] = request.target.split('?');
  const rawQueryString = query.join('?');
  const parameters = [...new URLSearchParams(rawQueryString)];
  // AWS sets it too, to https, whatever the caller says.
  const headers: Record<string, string> = { ...joinedHeaders(request.headers), 'x-forwarded-proto': 'http' };
  const { cookie, ...others } = headers;
  const isText = textTypes.test(headers['content-type'] ?? '');
  const time = new Date(at.now);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookie ? { cookies: cookie.split(/; */) } : {}),
    headers: others,
    ...(parameters.length > 0 ? { queryStringParameters: joinedParameters(parameters) } : {}),
    requestContext: {
      accountId: 'anonymous',
      apiId: at.host.split('.')[0] ?? at.host,
      domainName: at.host,
      domainPrefix: at.host.split('.')[0] ?? at.host,
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: at.requestId,
      routeKey: '$default',
      stage: '$default',
      time: time.toUTCString(),
      timeEpoch: at.now,
    },
    ...(request.body.length > 0
      ? { body: request.body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
      : { isBase64Encoded: false }),
  };
}

/** The handler's value as HTTP: an object with statusCode is the response, anything else is a JSON body. */
export function urlAnswer(value: unknown): UrlAnswer {
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) {
    const body = typeof value === 'string' ? value : JSON.stringify(value ?? null);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const answer = value as {
    statusCode: unknown;
    headers?: Record<string, string | number | boolean>;
    cookies?: string[];
    body?: unknown;
    isBase64Encoded?: boolean;
  };
  const status = Number(answer.statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return badGateway;
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? '');
  const headers = Object.entries(answer.headers ?? {}).map(([name, header]) => [
    name.toLowerCase(),
    String(header),
  ]);
  return {
    status,
    headers: {
      'content-type': 'application/json',
      ...Object.fromEntries(headers),
      ...(answer.cookies ? { 'set-cookie': answer.cookies } : {}),
    },
    body: answer.body === undefined ? '' : answer.isBase64Encoded ? Buffer.from(text, 'base64') : text,
  };
}

export const badGateway: UrlAnswer = {
  status: 502,
  headers: { 'content-type': 'application/json' },
  body: 'Internal Server Error',
};

/** Lambda's answer for a function that has no copy free. */
export const tooManyRequests: UrlAnswer = {
  status: 429,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ Reason: 'ConcurrentInvocationLimitExceeded', message: 'Rate Exceeded.' }),
};

function joinedHeaders(headers: UrlRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(',')]],
    ),
  );
}

/** Joins repeated parameters with commas. */
function joinedParameters(parameters: readonly (readonly [string, string])[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of parameters) {
    joined[name] = joined[name] === undefined ? value : `${joined[name]},${value}`;
  }
  return joined;
}
