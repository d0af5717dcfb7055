/**
 * Compares what a tenant with a cap has spent today with the records, about once an hour: a count that someone edited, or
 * that a fault changed, would let it spend more than its cap, or hold its jobs, until the day is over.
 */
import { dayOf } from '../../core/days.ts';
import { hasCap } from '../../core/spend.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { compareSpent } from './compare-spent.ts';
import { spentSeconds } from './reconcile-settings.ts';
import type { Visit } from './tenant-visit.ts';

export async function compareRunningDay(deps: ReconcileDeps, { tenant, marks }: Visit): Promise<void> {
  const now = deps.clock.now();
  if (!hasCap(tenant) || now < (marks.spentAt ?? 0) + spentSeconds * 1000) return;
  marks.spentAt = now;
  const { installationId } = tenant;
  await compareSpent({ ...deps, usage: deps.ledger }, { installationId, day: dayOf(now) });
}
