/** How the API and the commands show controllers, tokens and decisions: without digests and secrets. */
import type { Decision } from '../../core/controllers/decision.ts';
import type { JobFacts } from '../../core/controllers/facts.ts';
import type { ControllerScope } from '../../core/controllers/scope.ts';
import type { StoredToken } from '../../core/controllers/token.ts';
import type { Question } from '../../ports/questions.ts';
import type { KnownSecret } from './manage-secrets.ts';
import type { ShownController } from './read-controllers.ts';
import type { Tried } from './try-job.ts';

export function controllerView({ controller: from, connected }: ShownController) {
  const { owner, transport, scopes, exemptRepositories, match, ...rest } = from;
  return {
    ...rest,
    installationId: owner as number,
    transport: transport.kind === 'rules' ? { ...transport, rules: [...transport.rules] } : transport,
    exemptRepositories: [...exemptRepositories],
    ...(match === undefined ? {} : { match }),
    scopes: scopes.map(scopeView),
    connected,
  };
}

export const scopeView = ({ id, target, createdAt }: ControllerScope) => ({ id, target, createdAt });

export const tokenView = ({ id, description, createdAt, lastUsedAt, endsAt }: StoredToken) => ({
  id,
  description,
  createdAt,
  ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
});

export const secretView = ({ id, createdAt, endsAt }: KnownSecret) => ({
  id,
  createdAt,
  ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
});

export const decisionView = ({ jobId, gate, epoch, outcome, votes, decidedAt }: Decision) => ({
  jobId: jobId as number,
  gate,
  epoch,
  outcome,
  decidedAt,
  votes: votes.map(({ owner, ...vote }) => ({ ...vote, installationId: owner as number })),
});

/** As a callback shows it, and until when it can be answered. */
export const questionView = ({ id, askedAt, endsAt, gate, controllerId, facts }: Question) => ({
  id,
  timestamp: new Date(askedAt).toISOString(),
  endsAt: new Date(endsAt).toISOString(),
  gate,
  controller: controllerId,
  facts: { ...facts } as Record<keyof JobFacts, Record<string, unknown>>,
});

export const triedView = ({ outcome, votes }: Tried) => ({
  outcome,
  votes: votes.map(({ controller: { id, owner, state }, vote, reason }) => ({
    controllerId: id,
    installationId: owner as number,
    state,
    vote,
    ...(reason === undefined ? {} : { reason }),
  })),
});
