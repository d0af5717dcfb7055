/**
 * Follows GitHub to the present place of a renamed or transferred repository: it repeats the same request once, verbatim,
 * as GitHub requires. `fetch` would turn a POST into a GET on a 301. A token is never sent to another host.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
 */
import { OperationalError } from '../../ports/errors.ts';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}
type Given = Readonly<Record<string, unknown>>;

const redirects: readonly number[] = [301, 302, 307, 308];
const mostHops = 3;

/** Octokit's own options, with redirects handled by this file. */
export const manually = ({ request }: { readonly request: object }) => ({
  request: { ...request, redirect: 'manual' as const },
});

export function followRedirects(origin: string) {
  return async <Reply extends Answered>(
    asked: readonly [route: string, parameters: Given],
    send: (route: string, parameters: Given) => Promise<Reply>,
  ): Promise<Reply> => {
    let [route, parameters] = asked;
    for (let hops = 0; hops <= mostHops; hops++) {
      const answer = await send(route, parameters);
      if (!redirects.includes(answer.status)) return answer;
      [route, parameters] = nextCall({ route, parameters }, destination(origin, answer));
    }
    throw astray(`more than ${mostHops} times, last to ${route}`);
  };
}

function destination(origin: string, { headers }: Answered): URL {
  const location = String(headers['location'] ?? '');
  const url = URL.parse(location, origin);
  if (!url || location === '') throw astray('without saying where to');
  if (url.origin !== origin) throw astray(`to ${url.origin}, which is not ${origin}`);
  return url;
}

/** The new address already contains the path's parameters, and the query, if it has one. */
function nextCall(call: { route: string; parameters: Given }, to: URL): readonly [string, Given] {
  const [method = 'GET', path = ''] = call.route.split(' ');
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const hasQuery = method === 'GET' && to.search !== '';
  const left = Object.entries(call.parameters).filter(([name]) => !hasQuery && !inPath.includes(name));
  return [`${method} ${to.href}`, Object.fromEntries(left)];
}

const astray = (where: string) =>
  new OperationalError(`GitHub redirects ${where}.`, { code: 'github-redirect', retryable: true });
