/**
 * Reads an AWS request from HTTP: AWS JSON (the action in X-Amz-Target) or a query-protocol form (the action in the field
 * Action). What it cannot read becomes an AwsError that says so, never a guess.
 */
import type { IncomingMessage } from 'node:http';
import { parse as parseForm } from 'node:querystring';
import { type AwsCall, AwsError } from './service.ts';

/** DynamoDB's largest request; no other service here takes more. */
const largestBodyBytes = 16 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBodyBytes) {
      throw new AwsError(
        'RequestEntityTooLarge',
        `The body is over the limit of ${largestBodyBytes} bytes.`,
        413,
      );
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

export function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in request.headers) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(',');
  }
  return headers;
}

/** The protocol in which errors are answered. Services with paths instead of actions speak JSON, except for S3. */
export function protocolOf(
  headers: Readonly<Record<string, string>>,
  service: string | undefined,
): AwsCall['protocol'] {
  if (headers['x-amz-target'] !== undefined) return 'json';
  const isForm = headers['content-type']?.includes('x-www-form-urlencoded') ?? false;
  return isForm || service === undefined || service === 's3' ? 'query' : 'json';
}

/** @throws AwsError where there is no action, or the body does not match the protocol */
export function readOperation(
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Pick<AwsCall, 'action' | 'input' | 'protocol'> {
  const target = headers['x-amz-target'];
  if (target !== undefined) {
    const action = target.slice(target.lastIndexOf('.') + 1);
    return { action, input: readJson(body), protocol: 'json' };
  }
  const input = { ...parseForm(body.toString('utf8'), '&', '=', { maxKeys: 0 }) };
  const action = input['Action'];
  if (typeof action !== 'string') {
    throw new AwsError(
      'MissingAction',
      'The request has neither an X-Amz-Target header nor a form field Action; ' +
        'the laptop speaks AWS JSON and the query protocol.',
    );
  }
  return { action, input, protocol: 'query' };
}

function readJson(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let input: unknown;
  try {
    input = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', `The body is not JSON: ${body.toString('utf8', 0, 80)}`);
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new AwsError('SerializationException', 'The body is not a JSON object.');
  }
  return input as Record<string, unknown>;
}
