/**
 * S3's requests, whose method, path and query say what they want: an action's name and its plain input. Buckets are in
 * the path. A request for an unsupported action is an error that names it.
 */
import { type AwsCall, AwsError } from '../service.ts';
import type { SignedRequest } from '../signature.ts';

type Read = Pick<AwsCall, 'action' | 'input' | 'protocol'>;

/** Query parameters that change a request's meaning; all others (`x-id`) are for logs. */
const listing = [
  'list-type',
  'prefix',
  'continuation-token',
  'max-keys',
  'delimiter',
  'start-after',
  'encoding-type',
];
const harmless = ['x-id'];

/** @throws AwsError for anything that the laptop's S3 does not support */
export function readS3Request({ method, path }: Pick<SignedRequest, 'method' | 'path'>): Read {
  const url = new URL(path, 'http://s3');
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const query = Object.fromEntries(url.searchParams);
  const strange = Object.keys(query).filter((name) => ![...listing, ...harmless].includes(name));
  const action = strange.length > 0 ? undefined : actionOf(method, key, query);
  if (!action || bucket === '') {
    throw new AwsError(
      'NotImplemented',
      `The laptop's S3 has no ${method} ${path}; it has HeadBucket, GetObject, HeadObject, PutObject, DeleteObject and ListObjectsV2.`,
      501,
    );
  }
  return { action, input: { Bucket: bucket, Key: key, ...query }, protocol: 'query' };
}

function actionOf(method: string, key: string, query: Readonly<Record<string, string>>): string | undefined {
  if (key === '' && method === 'HEAD') return 'HeadBucket';
  if (key === '') return method === 'GET' && query['list-type'] === '2' ? 'ListObjectsV2' : undefined;
  const actions: Readonly<Record<string, string>> = {
    GET: 'GetObject',
    HEAD: 'HeadObject',
    PUT: 'PutObject',
    DELETE: 'DeleteObject',
  };
  return actions[method];
}
