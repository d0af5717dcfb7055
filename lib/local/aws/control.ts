/**
 * The endpoint's own routes, beside AWS's: `/_dials` sets faults and latency, `/_calls` shows what was called. They need
 * no signature, as they change only the stand-in; the server listens on the loopback address alone.
 */
import type { CallLog } from './call-log.ts';
import { type Dials, parseDials } from './dials.ts';
import type { AwsAnswer } from './service.ts';

/**
 * Services' own routes, by path: the JSON that they take, and what they answer. They throw an Error that says what is
 * allowed.
 */
export type Controls = ReadonlyMap<string, (change: unknown) => unknown>;

interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

const defaultCallsShown = 100;

/**
 * `GET|PUT|DELETE /_dials`; `GET /_calls?last=100` and `DELETE /_calls`. A browser's cross-site PUT or DELETE needs a
 * preflight, which is never granted.
 */
export function control(
  { method, path, body }: ControlRequest,
  parts: { readonly dials: Dials; readonly calls: CallLog; readonly controls: Controls },
): AwsAnswer {
  const url = new URL(path, 'http://localhost');
  switch (`${method} ${url.pathname}`) {
    case 'GET /_dials':
      return json(200, parts.dials.list());
    case 'PUT /_dials':
      return change(body, (dials) => {
        parts.dials.set(parseDials(dials));
        return parts.dials.list();
      });
    case 'DELETE /_dials':
      parts.dials.clear();
      return json(200, []);
    case 'GET /_calls': {
      const last = Number(url.searchParams.get('last') ?? defaultCallsShown);
      return json(200, { counts: parts.calls.counts(), recent: parts.calls.recent(last) });
    }
    case 'DELETE /_calls':
      parts.calls.reset();
      return json(200, {});
    default:
      return throughControl({ method, path: url.pathname, body }, parts.controls);
  }
}

function throughControl({ method, path, body }: ControlRequest, controls: Controls): AwsAnswer {
  const own = method === 'PUT' ? controls.get(path) : undefined;
  if (own) return change(body, own);
  const others = [...controls.keys()].map((name) => `, PUT ${name}`).join('');
  const known = `GET, PUT and DELETE /_dials, GET and DELETE /_calls${others}`;
  return json(404, { message: `There is no ${method} ${path}; there are ${known}.` });
}

function change(body: Buffer, make: (change: unknown) => unknown): AwsAnswer {
  try {
    return json(200, make(JSON.parse(body.toString('utf8'))));
  } catch (error) {
    return json(400, { message: (error as Error).message });
  }
}

function json(status: number, value: unknown): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` };
}
