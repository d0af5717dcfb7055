/**
 * The HTTP side of the setup page: which parts of a request are used, the cookie that holds a browser's session, and
 * the headers that isolate the page. It runs no scripts, loads nothing, may not be cached, and submits forms only to
 * itself and to GitHub.
 */
import type { SetupView } from '../../lib/core/setup-view.ts';
import { styleHash } from '../../lib/pages/document.ts';
import { renderView } from '../../lib/pages/render.ts';

export interface FunctionUrlRequest {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly domainName: string;
    readonly http: { readonly method: string; readonly sourceIp: string };
  };
}

/** Ten times the size of a manifest, or of a key with the other fields. */
const largestFormBytes = 32 * 1024;

export const isTooLarge = ({ body = '' }: FunctionUrlRequest) => body.length > largestFormBytes;

export function readFields({ body = '', isBase64Encoded }: FunctionUrlRequest): Record<string, string> {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  return Object.fromEntries(new URLSearchParams(text));
}

/** The page's own origin. AWS sets both parts; only the laptop's function URLs use plain HTTP. */
export function originOf({ headers, requestContext }: FunctionUrlRequest): string {
  return `${isPlain(headers) ? 'http' : 'https'}://${requestContext.domainName}`;
}

export function sessionCookie({ cookies = [], headers }: FunctionUrlRequest): string | undefined {
  const beginning = `${cookieName(headers)}=`;
  return cookies.find((cookie) => cookie.startsWith(beginning))?.slice(beginning.length);
}

/** For a day the browser still sends the cookie of a session that has expired. Without it the page could not say so. */
const cookieSeconds = 86_400;

/** It outlives the session, which ends by itself, so that a reload shows why the page is closed. */
export function setCookie({ headers }: FunctionUrlRequest, session: string): string {
  const guarded = isPlain(headers) ? '' : ' Secure;';
  return `${cookieName(headers)}=${session}; Max-Age=${cookieSeconds}; Path=/; HttpOnly;${guarded} SameSite=Lax`;
}

export function answer(
  view: SetupView,
  githubWebUrl: string,
  more: { cookie?: string; location?: string } = {},
) {
  const { status, body } = renderView(view);
  const isPage = body.startsWith('<!doctype');
  return {
    statusCode: status,
    headers: {
      'content-type': `text/${isPage ? 'html' : 'plain'}; charset=utf-8`,
      'cache-control': 'no-store',
      'content-security-policy': [
        "default-src 'none'",
        `style-src ${styleHash}`,
        `form-action 'self' ${new URL(githubWebUrl).origin}`,
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex, nofollow',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      'strict-transport-security': 'max-age=31536000',
      ...(more.location === undefined ? {} : { location: more.location }),
    },
    ...(more.cookie === undefined ? {} : { cookies: [more.cookie] }),
    body,
  };
}

const isPlain = (headers: FunctionUrlRequest['headers']) => headers['x-forwarded-proto'] === 'http';

/** With the `__Host-` prefix, no other site under the same domain can set it. */
const cookieName = (headers: FunctionUrlRequest['headers']) =>
  isPlain(headers) ? 'mayfly-setup' : '__Host-mayfly-setup';
