/**
 * AWS Signature Version 4, as far as the endpoint needs it: who signed a request (the access key in the Authorization
 * header), and whether the signature is that key's. A check takes about 15 µs, so every request is checked. The time of
 * signing is not: a laptop that slept, or a test with its own clock, is no attack.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';

export interface Authorization {
  readonly accessKeyId: string;
  /** `20261121`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

export interface SignedRequest {
  readonly method: string;
  /** With the query string, as sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})$/;

/** Undefined if the header is absent or has another form. */
export function parseAuthorization(header: string | undefined): Authorization | undefined {
  const [, accessKeyId, date, region, service, signedHeaders, signature] = form.exec(header ?? '') ?? [];
  if (!accessKeyId || !date || !region || !service || !signedHeaders || !signature) return undefined;
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

export function signatureFits(
  request: SignedRequest,
  authorization: Authorization,
  secretAccessKey: string,
): boolean {
  const { date, region, service } = authorization;
  const text = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'] ?? '',
    `${date}/${region}/${service}/aws4_request`,
    hash('sha256', canonicalRequest(request, authorization)),
  ].join('\n');
  const expected = createHmac('sha256', signingKey(secretAccessKey, authorization)).update(text).digest();
  return timingSafeEqual(expected, Buffer.from(authorization.signature, 'hex'));
}

/** Every service but S3 signs the path encoded once more. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function canonicalRequest(
  { method, path, headers, body }: SignedRequest,
  { signedHeaders, service }: Authorization,
): string {
  const [route = '/', query = ''] = path.split('?', 2);
  const lines = signedHeaders
    .split(';')
    .map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`);
  const unsigned = headers['x-amz-content-sha256'] === 'UNSIGNED-PAYLOAD';
  return [
    method,
    service === 's3' ? route : route.split('/').map(encodeStrictly).join('/'),
    query === '' ? '' : query.split('&').sort().join('&'),
    lines.join(''),
    signedHeaders,
    unsigned ? 'UNSIGNED-PAYLOAD' : hash('sha256', body),
  ].join('\n');
}

const encodeStrictly = (part: string) =>
  encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Keys change once a day, so a few hundred is more than a laptop's principals need. */
const rememberedKeys = 500;
const signingKeys = new Map<string, KeyObject>();

function signingKey(secretAccessKey: string, { date, region, service }: Authorization): KeyObject {
  const name = `${secretAccessKey}/${date}/${region}/${service}`;
  const known = signingKeys.get(name);
  if (known) return known;
  let bytes: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of [date, region, service, 'aws4_request']) {
    bytes = createHmac('sha256', bytes).update(part).digest();
  }
  const key = createSecretKey(bytes as Buffer);
  if (signingKeys.size >= rememberedKeys) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}
