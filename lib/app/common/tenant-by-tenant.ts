/**
 * Runs a step for many tenants together, in one cheap call. If something of one tenant makes it fail permanently,
 * such as a row that cannot be read, or one that a bug fails on, the step runs again for each tenant separately. The step
 * must be repeatable.
 */
import type { InstallationId } from '../../core/ids.ts';
import { OperationalError } from '../../ports/errors.ts';

/**
 * @returns for each tenant that failed, why @throws temporary failures that no tenant causes
 */
export async function tenantByTenant<Item>(
  items: readonly Item[],
  tenantOf: (item: Item) => InstallationId,
  step: (items: readonly Item[]) => Promise<void>,
): Promise<ReadonlyMap<InstallationId, unknown>> {
  const tenants = [...Map.groupBy(items, tenantOf)];
  const [together] = await Promise.allSettled([step(items)]);
  if (together.status === 'fulfilled') return new Map();
  if (!isLasting(together.reason)) throw together.reason;
  if (tenants.length === 1) return new Map([[tenants[0]![0], together.reason]]);
  const results = await Promise.allSettled(tenants.map(([, own]) => step(own)));
  return new Map(
    results.flatMap((result, n) => (result.status === 'rejected' ? [[tenants[n]![0], result.reason]] : [])),
  );
}

/** A bug too: what sets it off may be in the rows of one tenant. */
const isLasting = (error: unknown) => !(error instanceof OperationalError && error.retryable);
