/**
 * One machine's own metadata service, on a port of its own: what would be at 169.254.169.254. It requires version 2
 * tokens if the machine's template does, and shows tags only if the template allows it. It answers about this machine
 * alone.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ec2Account, Instance } from './account.ts';
import type { IdentitySigner } from './identity.ts';

export interface MetadataService {
  readonly url: string;
  close(): void;
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

export async function startMetadataService(
  account: Ec2Account,
  instance: Instance,
  signer: IdentitySigner,
): Promise<MetadataService> {
  const document = signer.document(account, instance);
  const paths = new Map<string, () => string | undefined>([
    ['meta-data/instance-id', () => instance.instanceId],
    ['meta-data/instance-type', () => instance.instanceType],
    ['meta-data/instance-life-cycle', () => instance.lifecycle],
    ['meta-data/spot/instance-action', () => spotAction(instance)],
    ['meta-data/ami-id', () => instance.imageId],
    ['meta-data/local-ipv4', () => instance.privateIp],
    ['meta-data/placement/region', () => account.region],
    ['meta-data/placement/availability-zone', () => instance.subnet.availabilityZone],
    ['dynamic/instance-identity/document', () => document],
    ['dynamic/instance-identity/signature', () => signer.signature(document)],
  ]);
  const tokens = new Map<string, number>();
  const server = createServer((request, response) => {
    const { status, body } = reply(request, { instance, paths, tokens });
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  return { url: await listen(server), close: () => closeServer(server) };
}

interface Served {
  readonly instance: Instance;
  readonly paths: ReadonlyMap<string, () => string | undefined>;
  /** Token → its expiry, epoch milliseconds. */
  readonly tokens: Map<string, number>;
}

const tokenPath = '/latest/api/token';

function reply(request: IncomingMessage, served: Served): Reply {
  const options = served.instance.template.data.MetadataOptions ?? {};
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://machine').pathname);
  if (options.HttpEndpoint === 'disabled') return { status: 403, body: 'Forbidden' };
  if (path === tokenPath) return request.method === 'PUT' ? giveToken(request, served.tokens) : notAllowed;
  if (request.method !== 'GET') return notAllowed;
  const token = request.headers['x-aws-ec2-metadata-token'];
  const isOptional = options.HttpTokens !== 'required';
  const isKnown = typeof token === 'string' && (served.tokens.get(token) ?? 0) > Date.now();
  if (!isKnown && !(isOptional && token === undefined)) return { status: 401, body: 'Unauthorized' };
  const tagPath = /^\/latest\/meta-data\/tags\/instance\/(.+)$/.exec(path);
  const body = tagPath
    ? visibleTag(served.instance, tagPath[1] as string)
    : served.paths.get(path.replace(/^\/latest\//, ''))?.();
  return body === undefined ? { status: 404, body: 'Not Found' } : { status: 200, body };
}

const notAllowed: Reply = { status: 405, body: 'Method Not Allowed' };

function giveToken(request: IncomingMessage, tokens: Map<string, number>): Reply {
  const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
  if (!(seconds >= 1 && seconds <= 21_600)) return { status: 400, body: 'Bad Request' };
  const token = randomBytes(32).toString('base64url');
  tokens.set(token, Date.now() + seconds * 1000);
  return { status: 200, body: token };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html */
function spotAction({ takenBackAt }: Instance): string | undefined {
  if (takenBackAt === undefined) return undefined;
  return JSON.stringify({ action: 'terminate', time: new Date(takenBackAt).toISOString() });
}

function visibleTag(instance: Instance, key: string): string | undefined {
  const isVisible = instance.template.data.MetadataOptions?.InstanceMetadataTags === 'enabled';
  return isVisible && !key.startsWith('aws:') ? instance.tags.get(key) : undefined;
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}

function closeServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}
