/**
 * A launch as a row, and back. The row keeps the exact text of the first request, because CreateFleet compares a request
 * with the earlier one under the same token. Request, jobs and machines are deflated, and leases are stored as numbers,
 * because each write is billed by the size of the whole row, twice in a transaction: otherwise a launch of fifty machines
 * takes 9 KB. `open` and `deadline` put a launch into the index of overdue launches from the beginning until all of its
 * machines have ended, so that closing it writes nothing to the index. Open rows of earlier versions have another value of
 * `open`, and their fence as `deadline`.
 */
import { openMarker, tombstoneDays, watchedMarker } from '../../contract/tables.ts';
import type { FleetRequest } from '../../core/fleet-request.ts';
import { InstallationId, InstanceId, JobId, LaunchId, LeaseId, leaseOf, TierName } from '../../core/ids.ts';
import type { Launch, PlannedJob } from '../../core/launch.ts';
import { accountOf, accountValue } from './account-value.ts';
import { type Attributes, compact, number, optional, Row, text, textList } from './attributes.ts';
import { deflated } from './deflated.ts';
import { leaseCostOfRow, leaseCostRow } from './spend-row.ts';

export const launchKey = (launchId: LaunchId): Attributes => ({ launch_id: text(launchId) });

const numberOf = (lease: LeaseId) => Number(lease.slice(lease.lastIndexOf('.') + 1));

export const instancesValue = (instances: ReadonlyMap<LeaseId, InstanceId>) =>
  deflated(JSON.stringify([...instances].map(([lease, instance]) => [numberOf(lease), instance])));

/** Seven days after its fence, or later: set when the last of its machines has ended. */
export const launchExpiresAt = (launch: Launch) =>
  number(Math.ceil(launch.callUntil / 1000) + tombstoneDays * 24 * 60 * 60);

export const requestText = (launch: Launch) => JSON.stringify(launch.request);

export const plannedJobsValue = ({ plannedJobs }: Launch) =>
  deflated(
    JSON.stringify(plannedJobs.map(({ lease, jobId, repository }) => [numberOf(lease), jobId, repository])),
  );

export function launchRow(launch: Launch): Attributes {
  const { lookAt } = launch;
  const deadline = lookAt ?? (launch.state === 'closed' ? undefined : launch.callUntil);
  return compact<Attributes>({
    ...launchKey(launch.launchId),
    installation_id: number(launch.installationId),
    tier: text(launch.tier),
    account: accountValue(launch.account),
    ...leaseCostRow(launch.leaseCost),
    cap_rows: optional(launch.capRows, textList),
    state: text(launch.state),
    request: deflated(requestText(launch)),
    machines: number(launch.plannedJobs.length),
    planned_jobs: plannedJobsValue(launch),
    call_until: number(launch.callUntil),
    created_at: number(launch.createdAt),
    instances: instancesValue(launch.instances),
    open: deadline === undefined ? undefined : text(lookAt === undefined ? openMarker : watchedMarker),
    deadline: optional(deadline, number),
    expires_at: deadline === undefined ? launchExpiresAt(launch) : undefined,
  });
}

export function launchOfRow(attributes: Attributes): Launch {
  const row = new Row(`launches row ${attributes['launch_id']?.S}`, attributes);
  const launchId = LaunchId(row.text('launch_id'));
  const isWatched = row.optionalText('open') === watchedMarker;
  return compact<Launch>({
    launchId,
    installationId: InstallationId(row.number('installation_id')),
    tier: TierName(row.text('tier')),
    account: accountOf(row),
    capRows: row.optionalTexts('cap_rows'),
    leaseCost: leaseCostOfRow(row),
    state: row.word('state', ['intent', 'answered', 'closed']),
    request: row.deflatedJson('request', requestOf),
    plannedJobs: plannedJobsOf(row, launchId),
    callUntil: row.number('call_until'),
    createdAt: row.number('created_at'),
    instances: instancesOf(row, launchId),
    lookAt: isWatched ? row.number('deadline') : undefined,
  });
}

function requestOf(stored: FleetRequest | null): FleetRequest {
  if (typeof stored !== 'object' || stored === null) throw new Error('It is no request.');
  return stored;
}

/** Earlier versions wrote a list here, and a map of the machines. */
function plannedJobsOf(row: Row, launchId: LaunchId): PlannedJob[] {
  const value = row.attributes['planned_jobs'];
  if (value?.B === undefined) {
    return row.rows('planned_jobs').map((plannedJob) => ({
      lease: LeaseId(plannedJob.text('lease')),
      jobId: JobId(plannedJob.number('job_id')),
      repository: plannedJob.text('repository'),
    }));
  }
  return row.deflatedJson('planned_jobs', (entries: [number, number, string][]) =>
    entries.map(([n, jobId, repository]) => ({
      lease: leaseOf(launchId, n),
      jobId: JobId(jobId),
      repository,
    })),
  );
}

function instancesOf(row: Row, launchId: LaunchId): Map<LeaseId, InstanceId> {
  const value = row.attributes['instances'];
  if (value?.B === undefined) {
    const earlier = row.optionalMap('instances');
    const leases = Object.keys(earlier?.attributes ?? {});
    return new Map(leases.map((lease) => [LeaseId(lease), InstanceId(earlier?.text(lease) ?? '')]));
  }
  return row.deflatedJson(
    'instances',
    (entries: [number, string][]) =>
      new Map(entries.map(([n, instance]) => [leaseOf(launchId, n), InstanceId(instance)])),
  );
}
