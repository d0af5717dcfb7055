/**
 * DynamoDB's units for what the stores in memory write and read: a write unit for each KB of a row and for each entry of an
 * index, twice for rows in a transaction; a read unit for each row, or for each 4 KB of a list. Rows of jobs, machines and
 * tenants are smaller than a KB, as `npm run bench -- --only job-life` counts them. Conditions that fail are not counted here.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
import type { Job } from '../../lib/core/job.ts';
import type { Launch } from '../../lib/core/launch.ts';
import type { Rows, StoreCall, StoreWorld } from '../fakes/world.ts';

export interface Units {
  write: number;
  read: number;
}

/** What runs because of events, and what runs on a schedule. */
export type Cause = 'events' | 'schedule';

export function createUnitMeter() {
  const units: Record<Cause, Units> = { events: { write: 0, read: 0 }, schedule: { write: 0, read: 0 } };
  let cause: Cause = 'events';
  /** Rows of tables, and entries of indexes, that the call under way has written. */
  let written = { rows: 0, tables: new Set<string>(), entries: 0 };

  const onSet = <Key, Row>(
    table: Map<Key, Row>,
    name: string,
    cost: (row: Row, before: Row | undefined) => { units: number; entries: number },
  ) => {
    const set = table.set.bind(table);
    table.set = (key, row) => {
      const { units: own, entries } = cost(row, table.get(key));
      written.rows += own;
      written.entries += entries;
      written.tables.add(name);
      return set(key, row);
    };
  };
  const watched = new WeakSet<Map<unknown, unknown>>();
  const watch = (rows: Rows) => {
    const plain = () => ({ units: 1, entries: 0 });
    onSet(rows.tenants, 'tenants', plain);
    onSet(rows.runners, 'runners', plain);
    onSet(rows.jobs, 'jobs', (row, before) => ({ units: 1, entries: entriesOfJob(row, before) }));
    onSet(rows.launches, 'launches', (row, before) => ({
      units: Math.ceil((launchBytes + machineBytes * row.plannedJobs.length) / 1024),
      entries: moved(entryOfLaunch(before), entryOfLaunch(row)),
    }));
    // Rows that all worlds have in common.
    for (const [name, table] of Object.entries({ capRows: rows.capRows, lines: rows.lines })) {
      if (watched.has(table)) continue;
      watched.add(table);
      onSet(table as Map<string, unknown>, name, plain);
    }
  };
  return {
    units,
    /** Whatever is called in the same moment counts for this cause. */
    countFor(next: Cause) {
      cause = next;
    },
    metered(world: StoreWorld): StoreWorld {
      watch(world.rows);
      const call = world.call.bind(world);
      world.call = (name, effect) => {
        const { [cause]: counted } = units;
        return call(name, (rows) => {
          written = { rows: 0, tables: new Set(), entries: 0 };
          const value = effect(rows);
          const isTransaction = transactions.has(name) && written.tables.size > 1;
          counted.write += written.rows * (isTransaction ? 2 : 1) + written.entries;
          counted.read += readUnits(name, value);
          return value;
        });
      };
      return world;
    },
  };
}

const transactions = new Set<StoreCall>([
  'launches.take',
  'launches.shrink',
  'launches.close',
  'runners.end',
  'runners.giveJob',
]);

/** Of a launch's row without its machines; each adds a job, an instance and a repository, deflated. */
const launchBytes = 950;
const machineBytes = 25;
/** Rows of jobs, of which a list has many. */
const jobBytes = 700;

const entryOfJob = (job: Job | undefined) =>
  job?.state === 'waiting' ? `waiting ${job.retryAt ?? job.queuedAt}` : job?.unsettledAt;

/** The index of jobs holds whole rows, and is written with each change of one. */
function entriesOfJob(row: Job, before: Job | undefined): number {
  const [was, is] = [entryOfJob(before), entryOfJob(row)];
  return was !== undefined && was === is ? 1 : moved(was, is);
}

const entryOfLaunch = (launch: Launch | undefined) =>
  launch?.lookAt ?? (launch?.state === 'closed' ? undefined : launch?.callUntil);

const moved = (was: unknown, is: unknown) =>
  was === is ? 0 : (was === undefined ? 0 : 1) + (is === undefined ? 0 : 1);

function readUnits(call: StoreCall, value: unknown): number {
  const [port, method = ''] = call.split('.');
  if (method === 'capUseAcrossTenants') return 1 + (value as { rows: readonly unknown[] }).rows.length;
  if (method === 'get' || method === 'waitersAcrossTenants') return 1;
  if (method === 'readPlan') return 1.5;
  if (method === 'glance') return 0.5;
  if (method === 'glanceAtWaiting') return Math.max(0.5, waitingUnits(value) / 2);
  if (method === 'readRun') return 3;
  if (method.startsWith('find')) return Math.max(1, Array.isArray(value) ? value.length : 1);
  if (port !== 'jobs' || !/^(list|tiersWith|scan)/.test(method)) return 0;
  return waitingUnits(value);
}

function waitingUnits(value: unknown): number {
  const rows = Array.isArray(value) ? value.length : 1;
  return Math.max(1, Math.ceil((rows * jobBytes) / 4096));
}
