/**
 * `mayfly controllers replay TENANT`: evaluates new rules for past jobs: which would have been rejected, and why.
 * Read-only.
 */
import { paginateScan } from '@aws-sdk/client-dynamodb';
import { createRulesLoader } from '../../adapters/cel/load-rules.ts';
import { type ReplayedJob, replay } from '../../app/admission-api/replay.ts';
import { unreadableErrors } from '../../app/common/unreadable-errors.ts';
import { assertConfig } from '../../config/check-config.ts';
import { tombstoneDays } from '../../contract/tables.ts';
import { chunksOf } from '../../core/chunks.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { pricePerHour } from '../../core/price-list.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { sinceOf } from '../audit.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { commandStores } from '../insight/stores.ts';
import { printableLine } from '../printable.ts';
import { findReadableTenant, found, tableName } from '../tenants/find-tenant.ts';
import { ownerPositional, platformName, print } from './admin.ts';
import { readRules } from './settings.ts';

/** A few hundred bytes each. */
const mostJobs = 50_000;
const mostShown = 50;
/** How many tenants' jobs are read in parallel. */
const atOnce = 8;

export const controllersReplay: Command = {
  name: 'controllers replay',
  summary: "evaluate new rules against a tenant's past jobs",
  details: `
Examples:
  mayfly controllers replay acme --rules rules.json
  mayfly controllers replay acme --rules rules.json --since 7d --json
  mayfly controllers replay @platform --rules rules.json     the jobs of all tenants

It reads past jobs from their rows, which have repository, workflow, labels and tier. Rules that need facts only GitHub has about a run (event, ref, fork, actor, attempt, path) are counted as not judged, and the report names the facts. Rows are kept for ${tombstoneDays} days after a job ends.
`,
  exitOne: 'some jobs would have been rejected, or could not be judged',
  positionals: [ownerPositional],
  options: [
    { flags: '--rules <file>', description: 'the rules: [{"reject": CEL, "reason": text}]' },
    { flags: '--since <time>', description: 'start of the period: 30m, 24h, 7d, or a time', default: '24h' },
    jsonOption,
  ],
  async run(call) {
    const { rules: path } = call.options;
    if (typeof path !== 'string') throw new UsageError('Give --rules and a file.');
    const rules = readRules(path);
    const evaluator = await createRulesLoader()();
    for (const { reject } of rules) {
      const fault = evaluator.faultOf(reject);
      if (fault !== undefined) throw new UsageError(`${reject}: ${fault}`);
    }
    const { deployment } = assertConfig(call.config);
    const prices = new Map(deployment.tiers.map((tier) => [tier.name, pricePerHour(deployment, tier)]));
    const priceOf = ({ tier }: Job) => (tier === undefined ? undefined : prices.get(tier));
    const judged: ReplayedJob[] = [];
    const since = Date.parse(sinceOf(call.options['since'], '24h', Date.now()));
    const skipped: UnreadableRow[] = [];
    const source = { jobs: commandStores(call).jobs, skipped };
    for (const some of chunksOf(await tenantsOf(call), atOnce)) {
      const lines = await Promise.all(some.map((tenant) => jobsSince(source, tenant.installationId, since)));
      for (const [n, tenant] of some.entries()) {
        const group = tenant.runnerGroup ?? deployment.runnerGroup;
        const jobs = (lines[n] ?? []).slice(0, mostJobs - judged.length);
        judged.push(...replay(evaluator, { tenant, jobs, rules, group, priceOf }));
      }
      if (judged.length >= mostJobs) break;
    }
    for (const { message } of unreadableErrors(skipped)) call.io.error(`${printableLine(message)}\n`);
    return report(call, judged);
  },
};

async function tenantsOf(call: CommandCall): Promise<readonly Tenant[]> {
  const place = { client: dynamoClient(call), config: call.config };
  const [named = ''] = call.positionals;
  if (named !== platformName) return [(await findReadableTenant(place, named)).tenant];
  const tenants: Tenant[] = [];
  const scan = { TableName: tableName(call.config) };
  for await (const { Items = [] } of paginateScan({ client: place.client }, scan))
    tenants.push(...Items.flatMap((row) => found(row).tenant ?? []));
  return tenants;
}

/** The newest jobs, up to the maximum. */
export async function jobsSince(
  { jobs, skipped }: { readonly jobs: JobStore; readonly skipped: UnreadableRow[] },
  installationId: InstallationId,
  since: number,
): Promise<readonly Job[]> {
  const newest = await jobs.listNewest(installationId, mostJobs, skipped);
  return newest.filter(({ queuedAt }) => queuedAt >= since);
}

function report(call: CommandCall, jobs: readonly ReplayedJob[]): number {
  const of = (vote: ReplayedJob['vote']) => jobs.filter((each) => each.vote === vote);
  const [rejected, failed, asked] = [of('reject'), of('failed'), of('asked')];
  const shown = [...rejected, ...failed].slice(0, mostShown);
  const more = rejected.length + failed.length - shown.length;
  const lines = [
    `${jobs.length} jobs: ${of('admit').length} admitted, ${rejected.length} rejected, ${failed.length + asked.length} not judged.`,
    ...shown.map(
      ({ job: { jobId, repository, tier, workflow }, vote, reason }) =>
        `  ${jobId}  ${repository}  ${workflow ?? '-'}  ${tier}  ${vote}: ${reason ?? ''}`,
    ),
    ...(more > 0 ? [`  and ${more} more; --json has all of them.`] : []),
    ...(jobs.length >= mostJobs ? [`  No more than ${mostJobs} jobs were judged.`] : []),
    ...(asked[0] ? [`  ${asked.length} not judged: ${asked[0].reason}`] : []),
  ];
  const all = jobs.map(
    ({ job: { jobId, repository, tier, workflow = null, queuedAt }, vote, reason = null }) => ({
      jobId,
      repository,
      workflow,
      tier,
      queuedAt: new Date(queuedAt).toISOString(),
      vote,
      reason,
    }),
  );
  print(call, all, lines);
  return rejected.length + failed.length + asked.length > 0 ? 1 : 0;
}
