/**
 * Registers a runner in the group of its tenant. A group is configured by name, and its id is remembered; if GitHub no
 * longer accepts the id, the group is looked up and tried once more, because it may have been deleted and created
 * again. A repository's runner has only the group to which GitHub gives the id 1.
 */
import type { Job } from '../../core/job.ts';
import type { Reason } from '../../core/reason.ts';
import { excludedBy } from '../../core/runner-group.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Answer, GitHub, JitRequest } from '../../ports/github.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type GroupDeps, type KnownGroup, lookAtGroup } from '../common/runner-groups.ts';

export type Registered =
  | Answer<{ readonly jitConfig: string }>
  /** There is no such group: the job waits, with this reason, until there is. */
  | { readonly ok: false; readonly held: Reason };

const defaultGroupId = 1;

export async function registerInGroup(
  deps: GroupDeps & { readonly github: GitHub; readonly telemetry: Telemetry },
  options: { tenant: Tenant; job: Job; group: KnownGroup; request: Omit<JitRequest, 'runnerGroupId'> },
): Promise<Registered> {
  const { tenant, request, group: remembered } = options;
  const { scope } = request;
  const register = (runnerGroupId: number) => deps.github.createJitConfig({ ...request, runnerGroupId });
  if (scope.kind === 'repository') return register(defaultGroupId);
  const look = () => lookAtGroup(deps, tenant, scope.organization);
  const first = idOf(remembered) === undefined ? await look() : { known: remembered };
  const id = idOf(first.known);
  if (id === undefined) return notThere(options, first);
  const answer = await register(id);
  const mayBeGroup = !answer.ok && (answer.refusal.kind === 'not-found' || answer.refusal.kind === 'invalid');
  if (!mayBeGroup || first.known !== remembered) return answer;
  const again = await look();
  const idNow = idOf(again.known);
  if (idNow === undefined) return notThere(options, again);
  return idNow === id ? answer : register(idNow);
}

/** The default group always exists, even if nothing is known about it. */
function idOf({ name, standing }: KnownGroup): number | undefined {
  if (standing?.kind === 'found') return standing.group.id;
  return name === undefined ? defaultGroupId : undefined;
}

function notThere(
  { tenant, job }: { tenant: Tenant; job: Job },
  { known, refusal }: Awaited<ReturnType<typeof lookAtGroup>>,
): Registered {
  if (refusal && (refusal.kind === 'limited' || refusal.kind === 'forbidden')) return { ok: false, refusal };
  const excluded = excludedBy(known, tenant.accountLogin, job);
  if (excluded) return { ok: false, held: excluded.reason };
  throw new Error(`The group ${known.name} of tenant ${tenant.installationId} is neither there nor missing.`);
}
