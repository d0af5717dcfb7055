/**
 * A step for many tenants together, as cheap as one call may be; and where something of one tenant is in its way for good, such as
 * a row that cannot be read, the same step for each tenant alone. The step must be repeatable.
 */
import type { InstallationId } from '../../core/ids.ts';
import { OperationalError } from '../../ports/errors.ts';

/**
 * @returns for each tenant that failed, why
 * @throws what is no tenant's fault, and passes
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

const isLasting = (error: unknown) => error instanceof OperationalError && !error.retryable;
