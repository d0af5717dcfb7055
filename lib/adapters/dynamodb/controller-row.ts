/**
 * The rows of one owner's partition in the table of controllers:
 *
 *   policy                                   epoch, whether any controller is in force, and the version of each controller
 *   policy#<controller>                      a controller with its scopes and rules
 *   tokens                                   how often the tokens changed
 *   token#<token>                            a token; invalid once its controller is gone
 *   secret#<controller>                      what signs its callbacks
 *   decision#<time>#<epoch>#<job>#<gate>     a decision, by time
 *   job#<job>#<time>#<epoch>#<gate>          the same, by job
 *   question#<controller>#<question>         what a controller is asked, and its answer
 *   asked#<controller>#<tenant>#<window>     how often the operator's controller was asked about a tenant's jobs
 */
import type { Controller, Rule, Transport } from '../../core/controllers/controller.ts';
import type { ControllerScope, ScopeTarget } from '../../core/controllers/scope.ts';
import type { SigningSecret } from '../../core/controllers/secret.ts';
import type { StoredToken } from '../../core/controllers/token.ts';
import { InstallationId, TierName } from '../../core/ids.ts';
import { type Attributes, compact, number, numberList, optional, Row, text } from './attributes.ts';

export const items = {
  policy: 'policy',
  controller: (id: string) => `policy#${id}`,
  tokens: 'tokens',
  tokenPrefix: 'token#',
  token: (id: string) => `token#${id}`,
  secret: (controllerId: string) => `secret#${controllerId}`,
} as const;

export const controllerKey = (owner: InstallationId, item: string): Attributes => ({
  installation_id: number(owner),
  item: text(item),
});

export const controllerRow = (controller: Controller): Attributes =>
  compact<Attributes>({
    ...controllerKey(controller.owner, items.controller(controller.id)),
    description: text(controller.description),
    state: text(controller.state),
    transport: transportValue(controller.transport),
    on_failure: text(controller.onFailure),
    timeout_milliseconds: number(controller.timeoutMilliseconds),
    match: optional(controller.match, text),
    exempt_repositories: numberList(controller.exemptRepositories),
    scopes: { L: controller.scopes.map((scope) => ({ M: scopeMap(scope) })) },
    version: number(controller.version),
    created_at: text(controller.createdAt),
    updated_at: text(controller.updatedAt),
  });

export function controllerOfRow(attributes: Attributes): Controller {
  const row = rowOf(attributes);
  return compact<Controller>({
    owner: InstallationId(row.number('installation_id')),
    id: row.text('item').slice(items.controller('').length),
    description: row.text('description'),
    state: row.word('state', ['disabled', 'enabled', 'dry_run']),
    transport: transportOf(row.map('transport')),
    onFailure: row.word('on_failure', ['reject', 'admit']),
    timeoutMilliseconds: row.number('timeout_milliseconds'),
    match: row.optionalText('match'),
    exemptRepositories: row.optionalNumbers('exempt_repositories') ?? [],
    scopes: row.rows('scopes').map(scopeOf),
    version: row.number('version'),
    createdAt: row.text('created_at'),
    updatedAt: row.text('updated_at'),
  });
}

function transportValue(transport: Transport) {
  switch (transport.kind) {
    case 'poll':
      return { M: { kind: text('poll') } };
    case 'https':
      return { M: { kind: text('https'), url: text(transport.url) } };
    case 'rules':
      return { M: { kind: text('rules'), rules: { L: transport.rules.map(ruleValue) } } };
  }
}

const ruleValue = ({ reject, reason }: Rule) => ({ M: { reject: text(reject), reason: text(reason) } });

function transportOf(row: Row): Transport {
  const kind = row.word('kind', ['poll', 'https', 'rules']);
  if (kind === 'poll') return { kind };
  if (kind === 'https') return { kind, url: row.text('url') };
  return {
    kind,
    rules: row.rows('rules').map((rule) => ({ reject: rule.text('reject'), reason: rule.text('reason') })),
  };
}

const scopeMap = ({ id, target, createdAt }: ControllerScope): Attributes =>
  compact<Attributes>({
    id: text(id),
    kind: text(target.kind),
    tier: 'tier' in target ? text(target.tier) : undefined,
    group: 'group' in target ? text(target.group) : undefined,
    repository_id: 'repositoryId' in target ? number(target.repositoryId) : undefined,
    created_at: text(createdAt),
  });

const scopeOf = (row: Row): ControllerScope => ({
  id: row.text('id'),
  target: targetOf(row),
  createdAt: row.text('created_at'),
});

const kinds = ['installation', 'tier', 'group', 'group-tier', 'repository', 'repository-tier'] as const;

function targetOf(row: Row): ScopeTarget {
  const kind = row.word('kind', kinds);
  switch (kind) {
    case 'installation':
      return { kind };
    case 'tier':
      return { kind, tier: TierName(row.text('tier')) };
    case 'group':
      return { kind, group: row.text('group') };
    case 'group-tier':
      return { kind, group: row.text('group'), tier: TierName(row.text('tier')) };
    case 'repository':
      return { kind, repositoryId: row.number('repository_id') };
    case 'repository-tier':
      return { kind, repositoryId: row.number('repository_id'), tier: TierName(row.text('tier')) };
  }
}

export const tokenRow = (token: StoredToken): Attributes =>
  compact<Attributes>({
    ...controllerKey(token.owner, items.token(token.id)),
    controller_id: optional(token.controllerId, text),
    digest: text(token.digest),
    description: text(token.description),
    created_at: text(token.createdAt),
    last_used_at: optional(token.lastUsedAt, text),
    ends_at: optional(token.endsAt, number),
  });

export function tokenOfRow(attributes: Attributes): StoredToken {
  const row = rowOf(attributes);
  return compact<StoredToken>({
    owner: InstallationId(row.number('installation_id')),
    controllerId: row.optionalText('controller_id'),
    id: row.text('item').slice(items.tokenPrefix.length),
    digest: row.text('digest'),
    description: row.text('description'),
    createdAt: row.text('created_at'),
    lastUsedAt: row.optionalText('last_used_at'),
    endsAt: row.optionalNumber('ends_at'),
  });
}

export const secretsRow = (key: Attributes, secrets: readonly SigningSecret[]): Attributes => ({
  ...key,
  /** A writer's condition compares it, so that no change since the secrets were read is lost. */
  newest: text(secrets.at(-1)?.id ?? ''),
  secrets: { L: secrets.map((secret) => ({ M: secretMap(secret) })) },
});

const secretMap = ({ id, value, createdAt, endsAt }: SigningSecret): Attributes =>
  compact<Attributes>({
    id: text(id),
    value: text(value),
    created_at: text(createdAt),
    ends_at: optional(endsAt, number),
  });

export const secretsOfRow = (attributes: Attributes): SigningSecret[] =>
  rowOf(attributes)
    .rows('secrets')
    .map((row) =>
      compact<SigningSecret>({
        id: row.text('id'),
        value: row.text('value'),
        createdAt: row.text('created_at'),
        endsAt: row.optionalNumber('ends_at'),
      }),
    );

export const rowOf = (attributes: Attributes) =>
  new Row(`controllers row ${attributes['installation_id']?.N}/${attributes['item']?.S}`, attributes);
