/**
 * A new name costs no machine: if GitHub does not find a repository by its former name, and refuses nothing else, the
 * claim that asked gets its runner by the current name. Only runners of a repository are checked: for an organization's
 * runner, GitHub is also asked about the group, by the same former name.
 */
import type { GitHubRefusal } from '../../../lib/core/github.ts';
import { instanceNamed } from '../../../lib/core/ids.ts';
import type { JitRequest } from '../../../lib/ports/github.ts';
import type { WorldJob } from '../world/context.ts';
import type { AuditedCall } from './admission/check-facts.ts';
import type { Ledger, Note } from './ledger.ts';

interface Asked {
  /** When the claim began that asked. */
  readonly claimedAt: number;
  readonly tenant: number;
  /** The job whose former name GitHub did not find; absent: that was not so. */
  readonly formerOf?: WorldJob;
  /** What GitHub had refused to the tenant by then. */
  readonly refusals: number;
}

export function createFormerNamesCheck(ledger: Ledger, note: Note) {
  const asked = new Map<string, Asked>();
  const refusals = new Map<number, number>();
  let last: { readonly name: string; readonly kind: GitHubRefusal['kind'] } | undefined;
  const refusalsOf = (tenant: number) => refusals.get(tenant) ?? 0;
  const count = (tenant: number) => void refusals.set(tenant, refusalsOf(tenant) + 1);

  return {
    refused(tenant: number, call: string, { kind }: GitHubRefusal): void {
      count(tenant);
      last = { name: call, kind };
    },
    /** After each call of a claim to GitHub. */
    called({ name, given }: AuditedCall, claimedAt: number): void {
      // That the App is suspended is no refusal where it is asked what it is.
      if (name === 'github.getInstallation' && isSuspended(ledger, given[0] as number))
        count(given[0] as number);
      if (name !== 'github.createJitConfig') return;
      const [request] = given as [JitRequest];
      const tenant: number = request.installationId;
      const instanceId = String(instanceNamed(request.name));
      const isSecond = asked.get(instanceId)?.claimedAt === claimedAt;
      const wasFound = last?.name !== name || last.kind !== 'not-found';
      last = undefined;
      const formerOf = isSecond || wasFound ? undefined : jobOfFormerName(ledger, instanceId, request);
      asked.set(instanceId, {
        ...{ claimedAt, tenant, refusals: refusalsOf(tenant) },
        ...(formerOf ? { formerOf } : {}),
      });
    },
    /** A claim was answered, and not with a runner. */
    answeredWithoutRunner(instanceId: string, claimedAt: number): void {
      const found = asked.get(instanceId);
      if (!found?.formerOf || found.claimedAt !== claimedAt) return;
      const { formerOf, tenant } = found;
      if (found.refusals === refusalsOf(tenant) && isOf(formerOf, tenant))
        note(
          'former-name',
          `${instanceId} has no runner for job ${formerOf.id}, whose repository was renamed`,
        );
    },
  };
}

function jobOfFormerName({ rows, worldJobs }: Ledger, instanceId: string, request: JitRequest) {
  const { scope, installationId } = request;
  if (scope.kind !== 'repository') return undefined;
  const planned = rows.runners.get(instanceId as never)?.plannedJob;
  const job = planned === undefined ? undefined : worldJobs.get(planned);
  const row = rows.jobs.get(`${installationId}/${planned}`);
  const isRenamed = job?.repository.toLowerCase() !== `${scope.owner}/${scope.repository}`.toLowerCase();
  // Only its id leads from there to the name of now. Another job may be meant.
  const isMeant = row?.repositoryId !== undefined && row.repository.endsWith(`/${scope.repository}`);
  return job && isRenamed && isMeant && isOf(job, installationId) ? job : undefined;
}

const isOf = ({ account }: WorldJob, tenant: number) =>
  account.installationId === tenant && !account.suspended;

const isSuspended = ({ worldJobs }: Ledger, tenant: number) =>
  [...worldJobs.values()].some(({ account }) => account.installationId === tenant && account.suspended);
