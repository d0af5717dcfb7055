/**
 * Every five minutes: compares the platform's records with GitHub and EC2, and repairs what neither an
 * event nor a deadline would. The sweep acts on rows that are overdue; this looks for what has no row, and for rows that
 * nothing else repairs. Each part is bounded and stands alone; cursors in the notes lead the next run on.
 */
import { isAppMissing } from '../../ports/app-credentials.ts';
import type { OperationalError } from '../../ports/errors.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { reconcileDeliveries } from './reconcile-deliveries.ts';
import { readOpenRows } from './reconcile-leases.ts';
import { reconcileMachines } from './reconcile-machines.ts';
import { reconcileTenants } from './reconcile-tenants.ts';
import { reportAbsent } from './report-absent.ts';

/** Before there is an App nothing has failed: there are no webhooks to miss, and no tenants. */
function sayAppMissing({ telemetry }: ReconcileDeps, { message }: OperationalError) {
  telemetry.event('info', 'app-missing', { why: message });
}

/** @throws AggregateError of what failed, after everything was tried */
export async function reconcile(deps: ReconcileDeps): Promise<void> {
  const errors: unknown[] = [];
  const attempt = async (part: () => Promise<unknown[]>) => {
    try {
      errors.push(...(await part()));
    } catch (error) {
      if (isAppMissing(error)) sayAppMissing(deps, error);
      else errors.push(error);
    }
  };
  const machinesAndTenants = async () => {
    const open = readOpenRows(deps);
    await attempt(() => reconcileMachines(deps, open));
    await attempt(() => reconcileTenants(deps, open));
  };
  // In parallel: redeliveries are spaced, and after a flood they take minutes; so do EC2's answers about many machines.
  await Promise.all([
    attempt(() => reconcileDeliveries(deps)),
    machinesAndTenants(),
    attempt(() => reportAbsent(deps).then(() => [])),
  ]);
  for (const error of errors) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    deps.telemetry.event('error', 'reconcile-failed', { error: text });
  }
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} parts of the reconciler failed; see the log above.`);
}
