/** `mayfly controllers replay TENANT`: past jobs against new rules: what would have been rejected, and why. It only reads. */
import { createRulesLoader } from '../../adapters/cel/load-rules.ts';
import { number } from '../../adapters/dynamodb/attributes.ts';
import { jobOfRow } from '../../adapters/dynamodb/job-row.ts';
import { queryRows } from '../../adapters/dynamodb/read.ts';
import { type ReplayedJob, replay } from '../../app/admission-api/replay.ts';
import { assertConfig } from '../../config/check-config.ts';
import { tables, tombstoneDays } from '../../contract/tables.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { pricePerHour } from '../../core/price-list.ts';
import { sinceOf } from '../audit.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { findReadableTenant, tenantPositional } from '../tenants/find-tenant.ts';
import { print } from './admin.ts';
import { readRules } from './settings.ts';

/** Some hundred bytes each. */
const mostJobs = 50_000;
const mostShown = 50;

export const controllersReplay: Command = {
  name: 'controllers replay',
  summary: "judge a tenant's past jobs by new rules",
  details: `
Examples:
  mayfly controllers replay acme --rules rules.json
  mayfly controllers replay acme --rules rules.json --since 7d --json

It knows of past jobs what their rows say: repository, workflow, labels, tier. Rules that name what only GitHub knows of a run (event, ref, fork, actor, attempt, path) are counted as not judged. Rows are kept ${tombstoneDays} days after a job's end.
`,
  exitOne: 'some jobs would have been rejected, or could not be judged',
  positionals: [tenantPositional],
  options: [
    { flags: '--rules <file>', description: 'the rules: [{"reject": CEL, "reason": text}]' },
    { flags: '--since <time>', description: 'nothing older: 30m, 24h, 7d, or a time', default: '24h' },
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
    const place = { client: dynamoClient(call), config: call.config };
    const { tenant } = await findReadableTenant(place, call.positionals[0] ?? '');
    const jobs = await jobsSince(call, tenant.installationId);
    const prices = new Map(deployment.tiers.map((tier) => [tier.name, pricePerHour(deployment, tier)]));
    const priceOf = ({ tier }: Job) => (tier === undefined ? undefined : prices.get(tier));
    const group = tenant.runnerGroup ?? deployment.runnerGroup;
    return report(call, replay(evaluator, { tenant, jobs, rules, group, priceOf }));
  },
};

async function jobsSince(call: CommandCall, installationId: InstallationId): Promise<readonly Job[]> {
  const since = Date.parse(sinceOf(call.options['since'], '24h', Date.now()));
  const query = {
    TableName: `${call.config.environment}-${tables.jobs.suffix}`,
    KeyConditionExpression: 'installation_id = :id',
    // GitHub's ids grow, so these are the newest.
    ScanIndexForward: false,
    ExpressionAttributeValues: { ':id': number(installationId) },
  };
  const rows = await queryRows(dynamoClient(call), query, mostJobs);
  return rows.map(jobOfRow).filter(({ queuedAt }) => queuedAt >= since);
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
    ...(asked.length > 0 ? [`  ${asked.length}: a rule names what only GitHub knows of the run.`] : []),
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
