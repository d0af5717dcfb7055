/** A controller as an administrator creates it: of any kind, in any state, with one kind of scope. */
import type { Controller } from '../../../../lib/core/controllers/controller.ts';
import type { ScopeTarget } from '../../../../lib/core/controllers/scope.ts';
import type { InstallationId } from '../../../../lib/core/ids.ts';
import type { AuditedController } from '../../auditor/admission/policy-history.ts';
import type { Random } from '../../random.ts';
import { urlOf } from './answering.ts';
import { writeMatch, writeRules } from './expressions.ts';

export interface NewController {
  readonly owner: InstallationId;
  readonly id: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The jobs that it may be asked about. */
  readonly repositoryIds: readonly number[];
  /** Its expressions may use facts that only GitHub has. */
  readonly namesRuns: boolean;
  /** What its scope may cover. */
  readonly targets: () => ScopeTarget;
}

export function newController(
  random: Random,
  { owner, id, now, repositoryIds, namesRuns, targets }: NewController,
): AuditedController {
  const at = new Date(now).toISOString();
  const kind = random.pick(['rules', 'rules', 'https', 'https', 'poll'] as const);
  const writer = { random, repositoryIds, namesRuns };
  const written = writeRules(writer);
  const controller: Omit<AuditedController, 'rules' | 'matches' | 'needsGitHub'> = {
    owner,
    id,
    description: '',
    state: random.pick(['enabled', 'enabled', 'enabled', 'dry_run', 'disabled']),
    transport: transportOf(kind, { id, rules: written.rules }),
    onFailure: random.pick(['reject', 'admit']),
    timeoutMilliseconds: random.pick([500, 2_000, 5_000, 10_000]),
    exemptRepositories: random.chance(0.15) ? [random.pick(repositoryIds)] : [],
    scopes: random.chance(0.1) ? [] : [{ id: `scp_${id}`, target: targets(), createdAt: at }],
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  const { needsGitHub, ...match } = writeMatch(writer);
  return {
    ...controller,
    ...match,
    rules: kind === 'rules' ? written.means : () => 'asked',
    needsGitHub: needsGitHub ? 'match' : kind === 'rules' && written.needsGitHub ? 'rules' : undefined,
  };
}

function transportOf(
  kind: Controller['transport']['kind'],
  { id, rules }: { id: string; rules: readonly { reject: string; reason: string }[] },
): Controller['transport'] {
  if (kind === 'rules') return { kind, rules };
  return kind === 'https' ? { kind, url: urlOf(id) } : { kind };
}
