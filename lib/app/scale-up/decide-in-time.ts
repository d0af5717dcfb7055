/**
 * A run evaluates one tenant's rules until its time for them is up, and then leaves the line to one poke: other tenants'
 * messages are in the same batch.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import { decideWaiting } from '../admission/decide-waiting.ts';
import type { KnownGroup } from '../common/runner-groups.ts';
import type { BalanceDeps } from './balance-deps.ts';

/** Of one run with one tenant and tier. */
export interface Judging {
  /** Time was up before every job that was read had a decision. */
  isCut: boolean;
}

interface Line<Known extends Tenant | undefined> {
  readonly tenant: Known;
  readonly tier: Tier;
  readonly waiting: readonly Job[];
  readonly group: KnownGroup | undefined;
}

/** The line with its decisions, as far as there is time for them; the other jobs are held. @throws OperationalError */
export async function decideInTime<Known extends Tenant | undefined>(
  deps: BalanceDeps,
  judging: Judging,
  line: Line<Known>,
): Promise<{ readonly tenant: Known | Tenant; readonly waiting: readonly Job[] }> {
  const { tenant, waiting } = line;
  if (!tenant || judging.isCut) return { tenant, waiting };
  const { isCut, ...decided } = await decideWaiting(deps, { ...line, tenant });
  judging.isCut = isCut;
  return decided;
}

/** Called at the end of the run: if it dies before, its message comes again. */
export async function pokeIfCut(
  { queues }: Pick<BalanceDeps, 'queues'>,
  { isCut }: Judging,
  { installationId, tier: { name: tier } }: { readonly installationId: InstallationId; readonly tier: Tier },
): Promise<void> {
  if (isCut) await queues.sendToTier(tier, { kind: 'poke', installationId, tier }, { delaySeconds: 1 });
}
