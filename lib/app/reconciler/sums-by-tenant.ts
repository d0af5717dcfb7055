/** Adds up a day's records, which come tenant by tenant, in bounded memory. */
import type { InstallationId } from '../../core/ids.ts';
import type { UsageRecord } from '../../core/usage.ts';
import { merged, sumUp, type UsageSum } from '../../core/usage-sum.ts';

/** Records that are in memory at once: a tenant may have a million in a day. */
const recordsAtOnce = 5_000;

export interface TenantsDay {
  readonly installationId: InstallationId;
  readonly sums: UsageSum[];
}

export async function* sumsByTenant(records: AsyncIterable<UsageRecord>): AsyncGenerator<TenantsDay> {
  let group: UsageRecord[] = [];
  let sums: UsageSum[] = [];
  const addUp = () => {
    sums = merged([...sums, ...sumUp(group)]);
    group = [];
  };
  let installationId: InstallationId | undefined;
  for await (const record of records) {
    if (installationId !== undefined && installationId !== record.installationId) {
      addUp();
      yield { installationId, sums };
      sums = [];
    }
    installationId = record.installationId;
    group.push(record);
    if (group.length === recordsAtOnce) addUp();
  }
  addUp();
  if (installationId !== undefined) yield { installationId, sums };
}

export const machinesIn = (sums: readonly UsageSum[]) =>
  sums.reduce((all, { machines }) => all + machines, 0);
