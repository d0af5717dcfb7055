/** How much more a machine's lease counts than when it was taken, because the machine outlived its expected life. */
import type { Runner } from '../../../lib/core/runner.ts';
import type { Rows } from '../../fakes/world.ts';

export function raisedBy({ launches }: Rows, { launchId, leaseCost }: Runner): number {
  const launch = launches.get(launchId);
  return launch ? (leaseCost?.expected ?? 0) - (launch.leaseCost?.expected ?? 0) : 0;
}
