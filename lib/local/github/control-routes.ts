/**
 * Controls of the stand-in: what people and tests do on GitHub, over HTTP, under `/_control`. GitHub has no such routes;
 * they need no token, because the server listens on this machine alone.
 */
import type { Control } from './control.ts';
import type { DialChange } from './dials.ts';
import type { InstallRequest } from './installations.ts';
import type { JobRequest } from './jobs.ts';
import { type Call, created, noContent, ok, open, Refusal, type Route, route } from './router.ts';
import type { GroupChange } from './runner-groups.ts';
import type { WorkflowChange } from './workflows.ts';

export function controlRoutes(control: Control): Route[] {
  const root = '/_control/installations/{id}';
  const act = (method: string, pattern: string, effect: (call: Call) => void) =>
    route(method, pattern, open, (call) => {
      told(() => effect(call));
      return noContent;
    });
  return [
    route('GET', '/_control/state', open, () => ok(control.state())),
    route('GET', '/_control/dials', open, () => ok(control.dials())),
    route('PUT', '/_control/dials', open, ({ body }) => ok(told(() => control.setDials(body as DialChange)))),
    route('PUT', '/_control/webhook', open, ({ body }) => {
      const { url, secret } = body;
      if (typeof url !== 'string' || typeof secret !== 'string')
        throw new Refusal(422, 'url and secret are needed');
      control.setWebhook({ url, secret });
      return noContent;
    }),
    route('POST', '/_control/installations', open, ({ body }) =>
      created(told(() => control.install(textField(body, 'login') as unknown as InstallRequest))),
    ),
    act('POST', `${root}/suspend`, ({ parts }) => control.suspend(Number(parts['id']))),
    act('POST', `${root}/unsuspend`, ({ parts }) => control.unsuspend(Number(parts['id']))),
    act('DELETE', root, ({ parts }) => control.uninstall(Number(parts['id']))),
    act('POST', `${root}/rename`, ({ parts, body }) =>
      control.rename(Number(parts['id']), String(textField(body, 'login')['login'])),
    ),
    act('POST', `${root}/repositories/{name}/rename`, ({ parts, body }) =>
      control.renameRepository(Number(parts['id']), parts['name'] ?? '', String(textField(body, 'to')['to'])),
    ),
    act('POST', `${root}/repositories/{name}/transfer`, ({ parts, body }) =>
      control.transferRepository(
        Number(parts['id']),
        parts['name'] ?? '',
        String(textField(body, 'to')['to']),
      ),
    ),
    act('POST', `${root}/permissions`, ({ parts, body }) =>
      control.acceptPermissions(Number(parts['id']), body as Record<string, 'read' | 'write'>),
    ),
    act('POST', `${root}/spend`, ({ parts, body }) =>
      control.spendRequests(Number(parts['id']), Number(body['requests']) || 0),
    ),
    act('POST', `${root}/repositories`, ({ parts, body }) =>
      control.addRepositories(Number(parts['id']), names(body)),
    ),
    act('DELETE', `${root}/repositories`, ({ parts, body }) =>
      control.removeRepositories(Number(parts['id']), names(body)),
    ),
    route('PUT', '/_control/groups/{login}', open, ({ parts, body }) =>
      ok(
        told(() => control.setGroup(parts['login'] ?? '', textField(body, 'name') as unknown as GroupChange)),
      ),
    ),
    act('DELETE', '/_control/groups/{login}/{name}', ({ parts }) =>
      control.deleteGroup(parts['login'] ?? '', parts['name'] ?? ''),
    ),
    act('PUT', '/_control/repositories/{owner}/{name}', ({ parts, body }) =>
      control.setPublic(`${parts['owner']}/${parts['name']}`, body['public'] === true),
    ),
    route('PUT', '/_control/workflows/{owner}/{name}', open, ({ parts, body }) => {
      const change = textField(body, 'name') as unknown as WorkflowChange;
      return ok(told(() => control.setWorkflow(`${parts['owner']}/${parts['name']}`, change)));
    }),
    act('PUT', '/_control/actions/{owner}/{name}', ({ parts, body }) =>
      control.setActions(`${parts['owner']}/${parts['name']}`, body['on'] === true),
    ),
    route('POST', '/_control/jobs', open, ({ body }) => {
      names(body, 'labels');
      return created(told(() => control.queueJob(textField(body, 'repository') as unknown as JobRequest)));
    }),
    act('POST', '/_control/jobs/{id}/cancel', ({ parts }) => control.cancelJob(Number(parts['id']))),
    act('POST', '/_control/jobs/{id}/approve', ({ parts }) => control.approveJob(Number(parts['id']))),
  ];
}

type Body = Readonly<Record<string, unknown>>;

/** What the control refuses is the caller's mistake; the answer says why. */
function told<Value>(effect: () => Value): Value {
  try {
    return effect();
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(422, (error as Error).message);
  }
}

function textField(body: Body, name: string): Body {
  if (typeof body[name] === 'string' && body[name] !== '') return body;
  throw new Refusal(422, `${name} is ${JSON.stringify(body[name])}; it must be a text that is not empty`);
}

function names(body: Body, field = 'repositories'): string[] {
  const value = body[field];
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw new Refusal(422, `${field} is ${JSON.stringify(value)}; it must be a list of texts`);
}
