/**
 * A cap over all tenants under load, in virtual time: launches that count in its rows and machines that end, with the
 * product's own choice of rows, compared with what DynamoDB allows a key in a second. It counts units and makes no
 * calls.
 */
import { type CapUse, capCharge, capRowBounds, type SharedCap } from '../../lib/core/shared-cap.ts';
import { KeyLimits } from '../../lib/local/aws/dynamodb-limits.ts';
import { createMemoryChance } from '../fakes/clock.ts';
import { judged } from './goals.ts';
import type { Report } from './result.ts';
import type { Size } from './size.ts';

export interface CapLoad {
  readonly cap: SharedCap;
  /** Leases that the cap counts at the start. */
  readonly held: number;
  readonly takingsPerSecond: number;
  readonly freeingsPerSecond: number;
  readonly seconds: number;
}

export interface CapLoadSeen {
  /** The maximum of write units on one row within one second; likewise for reads. */
  readonly busiestWrites: number;
  readonly busiestReads: number;
  /** Reads and writes of a row that was throttled. */
  readonly throttled: number;
  readonly taken: number;
  /** The maximum of leases held at once. */
  readonly mostHeld: number;
}

/** One item of a transaction, up to 1 KB. */
const unitsOfWrite = 2;
/** One strongly consistent read of a row. */
const unitsOfRead = 1;

export function simulateCap(load: CapLoad): CapLoadSeen {
  const { cap, takingsPerSecond, freeingsPerSecond, seconds } = load;
  const chance = createMemoryChance(1);
  const limits = new KeyLimits();
  const counts = new Map([...capRowBounds(cap).keys()].map((row) => [row, 0]));
  const keys = [...counts.keys()];
  const holders: string[] = [];
  const hold = (row: string) => {
    counts.set(row, counts.get(row)! + 1);
    holders.push(row);
  };
  for (let n = 0; n < load.held; n++) hold(keys[n % keys.length]!);
  const seen = { busiestWrites: 0, busiestReads: 0, throttled: 0, taken: 0, mostHeld: holders.length };
  let [second, used] = [0, new Map<string, number>()];

  const write = (row: string, now: number): boolean => {
    if (limits.isUsedUp(row, 'write', now)) return false;
    limits.use(row, 'write', { units: unitsOfWrite, now });
    used.set(row, (used.get(row) ?? 0) + unitsOfWrite);
    seen.busiestWrites = Math.max(seen.busiestWrites, used.get(row)!);
    return true;
  };
  const readAll = (now: number) => {
    for (const row of keys) {
      limits.isUsedUp(row, 'read', now);
      limits.use(row, 'read', { units: unitsOfRead, now });
    }
  };
  const perSecond = takingsPerSecond + freeingsPerSecond;
  for (let n = 0; n < seconds * perSecond; n++) {
    const now = (n * 1000) / perSecond;
    if (Math.floor(now / 1000) > second) [second, used] = [Math.floor(now / 1000), new Map()];
    if (chance.fraction() < takingsPerSecond / perSecond) {
      readAll(now);
      const use: CapUse = {
        rows: keys.map((key) => ({ key, leases: counts.get(key)!, changes: 0 })),
        waiters: [],
      };
      const charge = capCharge(cap, use, { machines: 1, fraction: chance.fraction() });
      if (!charge || !write(charge.row, now)) continue;
      hold(charge.row);
      seen.taken += 1;
    } else if (holders.length > 0) {
      const at = Math.floor(chance.fraction() * holders.length);
      const row = holders[at]!;
      if (!write(row, now)) continue;
      counts.set(row, counts.get(row)! - 1);
      holders[at] = holders.at(-1)!;
      holders.pop();
    }
    seen.mostHeld = Math.max(seen.mostHeld, holders.length);
  }
  return { ...seen, busiestReads: takingsPerSecond * unitsOfRead, throttled: limits.throttled };
}

const cap: SharedCap = { name: 'cell', machines: 100_000 };

export async function measureCapLoad({ capSeconds: seconds }: Size): Promise<Report> {
  const load = { cap, held: 99_900, takingsPerSecond: 200, freeingsPerSecond: 200, seconds };
  const seen = simulateCap(load);
  return {
    results: [
      judged('busiest row of a cap, 200 takings and freeings a second', seen.busiestWrites, 'write units/s'),
      judged('of it throttled', seen.throttled, 'calls'),
      judged('leases beyond the cap of 100,000', Math.max(0, seen.mostHeld - cap.machines), 'leases'),
    ],
    notes: [
      `A cap of ${cap.machines} machines with ${load.held} held: ${load.seconds} s in virtual time, by the product's own choice ` +
        `of rows, each reading all of them (${seen.busiestReads} read units a second and row). DynamoDB gives a key 1,000 write and ` +
        '3,000 read units a second.',
    ],
  };
}
