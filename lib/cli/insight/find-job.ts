/**
 * Finds the job that an operator named by GitHub's id or by the URL of its page. A URL names the account, and so the
 * tenant. For a bare id, or if the account was renamed, all tenants are searched, a hundred at a time. A waiting job
 * whose installation has no row belongs to no tenant: it is searched among all waiting jobs.
 */
import { chunksOf } from '../../core/chunks.ts';
import { type InstallationId, JobId } from '../../core/ids.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { findTenant } from '../tenants/find-tenant.ts';
import type { CommandStores } from './stores.ts';

export interface NamedJob {
  readonly jobId: JobId;
  /** `owner/name`, if a URL named it. */
  readonly repository?: string;
}

export interface FoundJob extends NamedJob {
  /** The tenant that has the job, or else the one that the URL names. */
  readonly installationId?: InstallationId;
  /** How many waiting jobs were searched before the search ended; the job may be among the others. */
  readonly searchEndedAfter?: number;
}

/** `https://github.com/acme/app/actions/runs/1/job/2`, on any host, with anything that browsers add. */
const url =
  /^https?:\/\/[^/]+\/([^/]+)\/([^/]+)\/actions\/runs\/\d+\/(?:attempts\/\d+\/)?jobs?\/(\d{1,15})(?:[?#].*)?$/;

/** @throws UsageError if it is neither */
export function readJobName(given: string): NamedJob {
  if (/^\d{1,15}$/.test(given)) return { jobId: JobId(Number(given)) };
  const [, owner, name, id] = url.exec(given) ?? [];
  if (id) return { jobId: JobId(Number(id)), repository: `${owner}/${name}` };
  throw new UsageError(
    `${JSON.stringify(given)} is not a job. Give a job's id, or the URL of its page: https://github.com/OWNER/REPO/actions/runs/RUN/job/ID. For all waiting jobs of a tenant: npx mayfly explain --tenant LOGIN`,
  );
}

const idsAtOnce = 1000;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const rowsInCall = 100;
const jobsAtOnce = 1000;
/** At most about 2,500 read units and a few seconds. */
const mostPages = 20;

export async function findJob(call: CommandCall, stores: CommandStores, named: NamedJob): Promise<FoundJob> {
  const owner = named.repository?.split('/')[0];
  const installationId = owner === undefined ? undefined : await ownerOf(call, owner);
  if (installationId !== undefined && (await stores.jobs.get(installationId, named.jobId))) {
    return { ...named, installationId };
  }
  const found = await searchTenants(stores, named.jobId);
  if (found !== undefined) return { ...named, installationId: found };
  const waiting = await searchWaiting(stores, named.jobId);
  return { ...named, ...(installationId === undefined ? {} : { installationId }), ...waiting };
}

async function ownerOf(call: CommandCall, login: string): Promise<InstallationId | undefined> {
  try {
    return (await findTenant({ client: dynamoClient(call), config: call.config }, login)).installationId;
  } catch (error) {
    // No tenant has this login, or several do. The job itself names its tenant.
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

async function searchTenants(
  { tenants, jobs }: CommandStores,
  jobId: JobId,
): Promise<InstallationId | undefined> {
  let cursor: string | undefined;
  do {
    const page = await tenants.listAcrossTenants({
      limit: idsAtOnce,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const parts = chunksOf(page.installationIds, rowsInCall);
    const found = await Promise.all(parts.map((ids) => jobs.findAcrossTenants(jobId, ids)));
    const job = found.find((one) => one !== undefined);
    if (job) return job.installationId;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

/** For a job that no tenant has: if it waits, it is in the sparse index, which is usually small. */
async function searchWaiting(
  { jobs }: CommandStores,
  jobId: JobId,
): Promise<Pick<FoundJob, 'installationId' | 'searchEndedAfter'>> {
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const read = await jobs.scanPendingAcrossTenants({
      limit: jobsAtOnce,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const job = read.jobs.find((one) => one.jobId === jobId);
    if (job) return { installationId: job.installationId };
    cursor = read.cursor;
    if (cursor === undefined) return {};
  }
  return { searchEndedAfter: mostPages * jobsAtOnce };
}
