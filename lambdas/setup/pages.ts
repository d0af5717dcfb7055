/**
 * Decides which step of the setup a request belongs to. Without a link from the operator, or a session that such a
 * link opened, every request gets an empty page.
 */
import {
  enterExisting,
  finish,
  review,
  type SetupAct,
  type SetupDeps,
  showChoice,
  showExisting,
} from '../../lib/app/setup/setup-page.ts';
import { openLink, readSession, signFor } from '../../lib/app/setup/setup-session.ts';
import type { Fields } from '../../lib/core/setup-form.ts';
import type { SetupView } from '../../lib/core/setup-view.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import {
  answer,
  type FunctionUrlRequest,
  isTooLarge,
  originOf,
  readFields,
  sessionCookie,
  setCookie,
} from './browser.ts';

type Step = (deps: SetupDeps, act: SetupAct, fields: Fields) => Promise<SetupView>;

const steps: Readonly<Record<string, Step>> = {
  'GET /': showChoice,
  'GET /existing': showExisting,
  'GET /callback': (deps, act, { code = '', state = '' }) => finish(deps, act, { code, state }),
  'POST /review': review,
  'POST /existing': enterExisting,
};

export function setupPages(deps: SetupDeps) {
  return async (request: FunctionUrlRequest) => {
    const show = (view: SetupView, more = {}) => answer(view, deps.githubWebUrl, more);
    try {
      return await serve(deps, request, show);
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      deps.telemetry.event('error', 'setup-page', { step: 'failed', reason: error.message });
      return show({
        view: 'failed',
        title: 'Something could not be reached',
        what: error.message,
        steps: ['Load this page again in a minute.'],
      });
    }
  };
}

async function serve(
  deps: SetupDeps,
  request: FunctionUrlRequest,
  show: (view: SetupView, more?: { cookie?: string; location?: string }) => ReturnType<typeof answer>,
) {
  const { rawPath, rawQueryString, requestContext } = request;
  const { method, sourceIp } = requestContext.http;
  if (isTooLarge(request)) return show({ view: 'too-large' });
  const query = Object.fromEntries(new URLSearchParams(rawQueryString));
  if (method === 'GET' && rawPath === '/' && query['key'] !== undefined) {
    return openPage(deps, request, { link: query['key'], show });
  }
  const step = steps[`${method} ${rawPath}`];
  const opened = step ? await readSession(deps, sessionCookie(request)) : 'stranger';
  if (!step || opened === 'stranger') return show({ view: 'not-found' });
  if ('closed' in opened) return show({ view: 'closed', ...opened.closed });
  const act = { session: opened.session, origin: originOf(request), sourceIp };
  return show(await step(deps, act, method === 'POST' ? readFields(request) : query));
}

/** Moves the link's key from the address bar into a cookie, so that no history or screenshot contains it. */
async function openPage(
  deps: SetupDeps,
  request: FunctionUrlRequest,
  {
    link,
    show,
  }: {
    link: string;
    show: (view: SetupView, more?: { cookie?: string; location?: string }) => ReturnType<typeof answer>;
  },
) {
  const opened = await openLink(deps, link);
  if (opened === 'stranger') return show({ view: 'not-found' });
  if ('closed' in opened) return show({ view: 'closed', ...opened.closed });
  const { by, replaces } = opened.session;
  const { sourceIp } = request.requestContext.http;
  deps.telemetry.event('info', 'setup-page', { step: 'opened', by, sourceIp, replaces });
  const session = await signFor(deps, opened.session, 'session');
  return show({ view: 'opened' }, { cookie: setCookie(request, session), location: '/' });
}
