/** A controller, a scope and a decision as lines for people. */
import type { ShownController } from '../../app/admission-api/read-controllers.ts';
import { type Controller, platformOwner } from '../../core/controllers/controller.ts';
import type { Decision } from '../../core/controllers/decision.ts';
import type { ScopeTarget } from '../../core/controllers/scope.ts';

/** A line for each controller, in columns. */
export function listLines(shown: readonly ShownController[]): string[] {
  const rows = shown.map(cellsOf);
  const widths = (rows[0] ?? []).map((_, n) => Math.max(...rows.map((cells) => cells[n]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf({ controller, connected }: ShownController): readonly string[] {
  const { id, state, transport, scopes, description } = controller;
  const where = scopes.length === 0 ? 'no scope' : scopes.map(({ target }) => targetText(target)).join(', ');
  const poll = transport.kind === 'poll' ? (connected ? ', connected' : ', not connected') : '';
  return [id, state, `${transport.kind}${poll}`, where, description];
}

export function controllerLines({ controller, connected }: ShownController): string[] {
  const { exemptRepositories, match, scopes } = controller;
  const rows: readonly (readonly [string, string])[] = [
    ['controller', `${controller.id}, version ${controller.version}`],
    ['description', controller.description || 'none'],
    ['state', controller.state],
    ...transportRows(controller, connected),
    ['without an answer', controller.onFailure],
    ['timeout', `${controller.timeoutMilliseconds} ms`],
    ['match', match ?? 'all jobs in its scopes'],
    ['exempt repositories', exemptRepositories.join(', ') || 'none'],
    ...(scopes.length === 0 ? [['scopes', 'none, so it is never asked'] as const] : []),
    ...scopes.map(({ id, target }) => ['scope', `${id}  ${targetText(target)}`] as const),
    ['since', `${controller.createdAt}, changed ${controller.updatedAt}`],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(wide)}  ${value}`);
}

const wide = 'exempt repositories'.length;

function transportRows({ transport }: Controller, connected: boolean): (readonly [string, string])[] {
  switch (transport.kind) {
    case 'rules':
      return transport.rules.map(({ reject, reason }) => ['rejects', `${reject}  (${reason})`]);
    case 'https':
      return [['asked at', transport.url]];
    case 'poll':
      return [['asked by', connected ? 'polling, connected' : 'polling, no connection in the last hour']];
  }
}

export function targetText(target: ScopeTarget): string {
  switch (target.kind) {
    case 'installation':
      return 'the whole installation';
    case 'tier':
      return `tier ${target.tier}`;
    case 'group':
      return `group ${target.group}`;
    case 'group-tier':
      return `tier ${target.tier} in group ${target.group}`;
    case 'repository':
      return `repository ${target.repositoryId}`;
    case 'repository-tier':
      return `tier ${target.tier} in repository ${target.repositoryId}`;
  }
}

export function decisionLines({ decidedAt, jobId, gate, outcome, votes }: Decision): string[] {
  const each = votes.map(({ controllerId, owner, vote, reason, enforced, milliseconds }) => {
    const why = reason === undefined ? '' : `: ${reason}`;
    const who = owner === platformOwner ? `${controllerId} of the operator` : controllerId;
    return `    ${who} ${vote}${enforced ? '' : ' (dry run)'}, ${Math.round(milliseconds)} ms${why}`;
  });
  return [`${decidedAt}  job ${jobId}  ${gate} gate  ${outcome}`, ...each];
}
