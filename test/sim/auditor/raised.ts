/** What a machine's lease counts more than as it was taken, since the machine outlived all that was expected of it. */
import type { Runner } from '../../../lib/core/runner.ts';
import type { Rows } from '../../fakes/world.ts';

export function raisedBy({ launches }: Rows, { launchId, leaseCost }: Runner): number {
  const launch = launches.get(launchId);
  return launch ? (leaseCost?.expected ?? 0) - (launch.leaseCost?.expected ?? 0) : 0;
}
