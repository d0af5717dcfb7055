/**
 * Routes for what an App asks about itself: who it is, where it is installed, tokens, repositories, limits.
 * Source: https://docs.github.com/en/rest/apps
 */
import { appShape, installationShape, repositoryShape } from './account-shapes.ts';
import { findInstallation, mintToken } from './installation-tokens.ts';
import { installationOf } from './installations.ts';
import type { Limits } from './limits.ts';
import {
  app,
  type Call,
  created,
  installation,
  noContent,
  notFound,
  ok,
  open,
  page,
  type Route,
  repositoryOf,
  route,
} from './router.ts';
import { isoTime, nameKey } from './store.ts';

export function appRoutes(limits: Limits): Route[] {
  return [
    route('GET', '/app', app, ({ store }) => ok(appShape(store))),
    route('GET', '/app/installations', app, listInstallations),
    route('GET', '/app/installations/{installation_id}', app, (call) =>
      ok(installationShape(call.store, findInstallation(call.store, call.parts['installation_id']))),
    ),
    route('POST', '/app/installations/{installation_id}/access_tokens', app, createToken),
    route('GET', '/orgs/{org}/installation', app, (call) => installationFor(call, call.parts['org'])),
    route('GET', '/users/{username}/installation', app, (call) =>
      installationFor(call, call.parts['username']),
    ),
    route('GET', '/repos/{owner}/{repo}/installation', app, repositoryInstallation),
    route('GET', '/repos/{owner}/{repo}', installation('metadata'), (call) =>
      ok(repositoryShape(call.store, repositoryOf(call, true))),
    ),
    route('GET', '/installation/repositories', installation(), listRepositories),
    route('DELETE', '/installation/token', installation(), revokeToken),
    route('GET', '/rate_limit', installation(), (call) => {
      const { id } = call.installation;
      const core = limits.standing(id, 'core');
      const actions_runner_registration = limits.standing(id, 'actions_runner_registration');
      const search = { limit: 30, remaining: 30, reset: core.reset, used: 0 };
      return ok({ resources: { core, search, actions_runner_registration }, rate: core });
    }),
    route('GET', '/meta', open, () =>
      ok({ verifiable_password_authentication: false, hooks: ['127.0.0.1/32'] }),
    ),
  ];
}

function listInstallations(call: Call) {
  const { items, headers } = page(call, [...call.store.installations.values()]);
  return { status: 200, body: items.map((item) => installationShape(call.store, item)), headers };
}

function createToken(call: Call) {
  const { store } = call;
  const record = findInstallation(store, call.parts['installation_id']);
  const minted = mintToken(store, record, call.body);
  const { repositories, permissions, expiresAt } = minted.record;
  return created({
    token: minted.token,
    expires_at: isoTime(expiresAt),
    permissions,
    repository_selection: repositories ? 'selected' : record.repositorySelection,
    ...(repositories ? { repositories: repositories.map((item) => repositoryShape(store, item)) } : {}),
  });
}

function installationFor({ store }: Call, login: string | undefined) {
  const found = installationOf(store, login ?? '');
  if (!found) throw notFound();
  return ok(installationShape(store, found));
}

function repositoryInstallation({ store, parts }: Call) {
  const repository = store.repositories.get(nameKey(`${parts['owner']}/${parts['repo']}`));
  const found = repository && installationOf(store, repository.owner.login);
  if (!found?.repositories.has(repository!)) throw notFound();
  return ok(installationShape(store, found));
}

function listRepositories(call: Call) {
  const reached = call.token.repositories ?? [...call.installation.repositories];
  const { items, total, headers } = page(call, reached);
  const body = {
    total_count: total,
    repository_selection: call.installation.repositorySelection,
    repositories: items.map((item) => repositoryShape(call.store, item)),
  };
  return { status: 200, body, headers };
}

function revokeToken(call: Call) {
  call.store.tokens.delete(call.bearer ?? '');
  return noContent;
}
