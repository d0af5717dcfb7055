/**
 * The HTTP side of the stand-in: what a route is, what it gets, what it answers, and how it refuses. Refusals have
 * GitHub's own wording and shape. The first route that matches is used, and no other.
 */
import type { IncomingMessage } from 'node:http';
import {
  fullName,
  type GitHubStore,
  type InstallationRecord,
  type Level,
  type Repository,
  type TokenRecord,
} from './store.ts';

export interface Call {
  readonly store: GitHubStore;
  readonly method: string;
  readonly path: string;
  /** Parts of the path, by their names in the pattern. */
  readonly parts: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body; an empty object if there was none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly bearer: string | undefined;
  readonly message: IncomingMessage;
  /** For routes that take an installation token. */
  readonly installation: InstallationRecord;
  readonly token: TokenRecord;
}

export interface Reply {
  readonly status: number;
  /** JSON, unless it is a text or a Buffer. Absent: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Who may call it. app: the App's JWT. installation: an installation token, with the permission if one is named. runner:
 * the runner program's own token, which the route checks. open: anyone.
 */
export type Access =
  | { readonly kind: 'app' | 'open' | 'runner' }
  | { readonly kind: 'installation'; readonly permission?: readonly [string, Level] };

export interface Route {
  readonly method: string;
  /** `/orgs/{org}/actions/runners` */
  readonly pattern: string;
  readonly access: Access;
  readonly answer: (call: Call) => Reply | Promise<Reply>;
}

export const app: Access = { kind: 'app' };
export const open: Access = { kind: 'open' };
export const runner: Access = { kind: 'runner' };
export const installation = (name?: string, level: Level = 'read'): Access =>
  name === undefined ? { kind: 'installation' } : { kind: 'installation', permission: [name, level] };

export function route(method: string, pattern: string, access: Access, answer: Route['answer']): Route {
  return { method, pattern, access, answer };
}

const documentation = 'https://docs.github.com/rest';

/** An answer of 400 or more, as GitHub words it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: { errors?: readonly unknown[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  reply(): Reply {
    const body = {
      message: this.message,
      ...(this.errors ? { errors: this.errors } : {}),
      documentation_url: documentation,
      status: String(this.status),
    };
    return { status: this.status, body, headers: this.headers };
  }
}

export const notFound = () => new Refusal(404, 'Not Found');
export const invalid = (text: string) => new Refusal(422, `Validation Failed: ${text}`, { errors: [text] });

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent: Reply = { status: 204 };

export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; parts: Record<string, string> } | undefined {
  const given = path.split('/');
  for (const candidate of routes) {
    if (candidate.method !== method) continue;
    const parts = matchPattern(candidate.pattern.split('/'), given);
    if (parts) return { route: candidate, parts };
  }
  return undefined;
}

function matchPattern(
  pattern: readonly string[],
  given: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [at, wanted] of pattern.entries()) {
    const actual = given[at] ?? '';
    if (wanted.startsWith('{')) parts[wanted.slice(1, -1)] = actual;
    else if (wanted.toLowerCase() !== actual.toLowerCase()) return undefined;
  }
  return parts;
}

/** A page of a list, and the Link header that leads to its neighbours. */
export function page<Item>(call: Call, items: readonly Item[]) {
  const size = Math.min(100, Math.max(1, Number(call.query.get('per_page')) || 30));
  const number = Math.max(1, Number(call.query.get('page')) || 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(to));
    return `<${call.store.url}${call.path}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    total: items.length,
    items: items.slice((number - 1) * size, number * size),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}

/**
 * To the address by id of what was renamed, if the dial says so.
 * @throws Refusal 301 or 307
 */
export function leadOn(call: Call, kind: 'repositories' | 'organizations', id: number | undefined): void {
  if (id === undefined || call.store.dials.formerNames !== 'redirect') return;
  const named = kind === 'repositories' ? 4 : 3;
  const rest = call.path.split('/').slice(named).join('/');
  const query = call.query.size > 0 ? `?${call.query}` : '';
  const location = `${call.store.url}/${kind}/${id}${rest && `/${rest}`}${query}`;
  const [status, words] = call.method === 'GET' ? [301, 'Moved Permanently'] : [307, 'Temporary Redirect'];
  throw new Refusal(status as number, words as string, { headers: { location } });
}

/** Addresses by id, like those by name. */
export function pathByName(store: GitHubStore, path: string): string {
  const [, kind, id, ...rest] = path.split('/');
  const found =
    kind === 'repositories'
      ? [...store.repositories.values()].find((one) => one.id === Number(id))
      : kind === 'organizations'
        ? [...store.accounts.values()].find((one) => one.id === Number(id))
        : undefined;
  if (!found) return path;
  const place = 'login' in found ? `orgs/${found.login}` : `repos/${fullName(found)}`;
  return ['', place, ...rest].join('/');
}

/**
 * The repository in the path, if the token reaches it.
 * @param isPublicRead anyone may ask for it, if the repository is public
 */
export function repositoryOf(call: Call, isPublicRead = false): Repository {
  const wanted = `${call.parts['owner']}/${call.parts['repo']}`.toLowerCase();
  const repository = call.store.repositories.get(wanted);
  if (!repository) leadOn(call, 'repositories', call.store.formerRepositories.get(wanted)?.id);
  if (isPublicRead && repository?.private === false) return repository;
  const reached = repository && (call.token.repositories ?? [...call.installation.repositories]);
  if (!repository || !reached?.includes(repository)) throw notFound();
  return repository;
}
