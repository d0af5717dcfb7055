/**
 * The stand-in's only HTTP server: it reads the request, waits for the latency, applies faults, authenticates the caller,
 * counts limits, and lets the route answer. Every answer is JSON as GitHub words it, even after an unforeseen error.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAppToken } from './app-token.ts';
import { type Fault, hitFault } from './dials.ts';
import { allows, readToken } from './installation-tokens.ts';
import type { Limits } from './limits.ts';
import { readPersonalToken, refusedPermission } from './personal-tokens.ts';
import { type Call, findRoute, notFound, pathByName, Refusal, type Reply, type Route } from './router.ts';
import type { SecondaryLimits } from './secondary-limits.ts';
import type { GitHubStore } from './store.ts';

const bodyLimitBytes = 1_000_000;

interface ServerParts {
  readonly routes: readonly Route[];
  readonly limits: Limits;
  readonly secondaryLimits: SecondaryLimits;
}

export function createHttpServer(store: GitHubStore, parts: ServerParts): Server {
  const server = createServer((message, response) => {
    void answer(store, parts, message)
      .catch((error: unknown) => failed(store, error))
      .then((reply) => (reply === 'hang up' ? message.socket.destroy() : write(response, reply)));
  });
  // Node closes idle connections after 5 s, and a client that reuses one at that moment sees a broken connection.
  server.keepAliveTimeout = 65_000;
  return server;
}

async function answer(
  store: GitHubStore,
  parts: ServerParts,
  message: IncomingMessage,
): Promise<Reply | 'hang up'> {
  const url = new URL(message.url ?? '/', 'http://localhost');
  // Also as on GitHub Enterprise Server, where the API is below the address that people see.
  const path = pathByName(store, decodeURIComponent(url.pathname).replace(/^\/api\/v3(?=\/)/, ''));
  const request = { method: message.method ?? 'GET', path };
  const text = await readBody(message);
  const isPublic = !request.path.startsWith('/_');
  const { latencyMs } = store.dials;
  const latency = isPublic && latencyMs > 0 ? sleep(latencyMs) : undefined;
  const hit = isPublic
    ? hitFault(store.dials, request, store.fraction)
    : { fault: undefined, dials: store.dials };
  store.dials = hit.dials;
  try {
    if (hit.fault && (hit.fault.when ?? 'before') === 'before') return faultReply(hit.fault);
    const asked = { ...request, query: url.searchParams, text, message, latency };
    const reply = await serve(store, parts, asked);
    if (!hit.fault) return reply;
    return hit.fault.when === 'drop' ? 'hang up' : faultReply(hit.fault);
  } finally {
    await latency;
  }
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly text: string;
  readonly message: IncomingMessage;
  /** Over once the request may have its effect. */
  readonly latency: Promise<void> | undefined;
}

async function serve(store: GitHubStore, parts: ServerParts, asked: Asked): Promise<Reply> {
  const { method, path, query, message } = asked;
  const found = findRoute(parts.routes, method, path);
  if (!found) throw notFound();
  const bearer = /^(?:bearer|token)\s+(\S+)$/i.exec(message.headers.authorization ?? '')?.[1];
  const base = {
    store,
    method,
    path,
    parts: found.parts,
    query,
    body: isForm(message) ? Object.fromEntries(new URLSearchParams(asked.text)) : parseBody(asked.text),
    bearer,
    message,
  };
  const { access } = found.route;
  const endpoint = `${method} ${found.route.pattern}`;
  const run = async () => {
    await asked.latency;
    return found.route.answer(base as unknown as Call);
  };
  if (access.kind === 'app') {
    checkAppToken(store, bearer);
    return await parts.secondaryLimits.within('app', endpoint, run);
  }
  if (access.kind !== 'installation') return await run();
  const { installation, record } = readPersonalToken(store, bearer) ?? readToken(store, bearer);
  // Reading the rate limit is free, as on GitHub.
  const headers = path === '/rate_limit' ? {} : parts.limits.count(installation.id, path);
  const answered = async () => {
    await asked.latency;
    if (access.permission && !allows(record.permissions, ...access.permission)) {
      throw refusedPermission(store, bearer);
    }
    return found.route.answer({ ...base, installation, token: record });
  };
  const reply = await refusalsAsReplies(() =>
    parts.secondaryLimits.within(String(installation.id), endpoint, answered),
  );
  return { ...reply, headers: { ...headers, ...reply.headers } };
}

async function refusalsAsReplies(effect: () => Promise<Reply>): Promise<Reply> {
  try {
    return await effect();
  } catch (error) {
    if (error instanceof Refusal) return error.reply();
    throw error;
  }
}

/** While GitHub is down, a web page: https://github.com/osunyorg/admin/issues/1792 */
const unicorn = `<!DOCTYPE html>
<html><head><title>Unicorn! &middot; GitHub</title>
<style type="text/css" media="screen">${'body { margin: 0; } '.repeat(200)}</style></head>
<body><p><strong>This page is taking too long to load.</strong></p></body></html>`;

function faultReply({ status, message, headers = {} }: Fault): Reply {
  if (status >= 500 && message === undefined)
    return { status, body: unicorn, headers: { 'content-type': 'text/html; charset=utf-8', ...headers } };
  return new Refusal(status, message ?? 'A fault that a dial asked for', { headers }).reply();
}

function failed(store: GitHubStore, error: unknown): Reply {
  if (error instanceof Refusal) return error.reply();
  store.emit('stand-in-error', { error: String((error as Error)?.stack ?? error) });
  return new Refusal(500, 'Server Error').reply();
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += (chunk as Buffer).length;
    if (size > bodyLimitBytes) throw new Refusal(413, 'Payload too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** A browser's form; `curl -d` also labels its data as a form, and means JSON. */
function isForm({ headers, url = '' }: IncomingMessage): boolean {
  return (
    url.includes('/settings/') &&
    headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  );
}

/** The runner program may post forms or nothing; only JSON objects are read. */
function parseBody(text: string): Record<string, unknown> {
  if (!text.trimStart().startsWith('{')) {
    if (text.trimStart().startsWith('[')) throw new Refusal(400, 'Body should be a JSON object');
    return {};
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw Object.assign(new Refusal(400, 'Problems parsing JSON'), { cause });
  }
}

function write(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const isBinary = Buffer.isBuffer(reply.body);
  const isText = typeof reply.body === 'string';
  const kind = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const headers = {
    server: 'github.com',
    'x-github-api-version-selected': '2022-11-28',
    ...(reply.body === undefined ? {} : { 'content-type': isBinary ? 'application/octet-stream' : kind }),
    ...reply.headers,
  };
  response.writeHead(reply.status, headers);
  response.end(isText || isBinary || reply.body === undefined ? reply.body : JSON.stringify(reply.body));
}
