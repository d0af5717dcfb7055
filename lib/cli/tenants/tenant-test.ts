/**
 * `mayfly tenant test TENANT`: would the jobs of these repositories run? With --run it runs a real job, and shows
 * from the rows which machine took it and how long each step was. Without --run it changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDetails, OperatorGitHub } from '../../adapters/github/operator-github.ts';
import { groupNameOf } from '../../app/common/runner-groups.ts';
import { explainJob } from '../../app/insight/explain-job.ts';
import { gatherFacts } from '../../app/insight/gather-facts.ts';
import type { GroupView } from '../../core/runner-group.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Answer } from '../../ports/github.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { askGitHub } from '../insight/ask-github.ts';
import { type GitHubOf, githubOf, refusalText } from '../insight/github-of.ts';
import { type CommandStores, commandStores } from '../insight/stores.ts';
import { stackOption } from '../setup/stack-option.ts';
import { failed, type Row } from '../verify-report.ts';
import { checkLines, hasFailed } from './check-lines.ts';
import { findReadableTenant, tenantPositional } from './find-tenant.ts';
import { listRepositories } from './list-repositories.ts';
import { runWorkflow } from './run-workflow.ts';
import { type Tested, testRows } from './test-rules.ts';

export const tenantTest: Command = {
  name: 'tenant test',
  summary: 'check repositories of a tenant, and run a real job in them',
  details: `
Examples:
  mayfly tenant test acme                              the first twenty repositories that may run jobs
  mayfly tenant test acme --repositories app,web       these two
  mayfly tenant test acme --repositories app --run     runs the workflow "mayfly-test" there

Each repository must be reachable, allowed by the operator and admitted by the runner group; Actions must be on, and the
labels of its latest jobs must match a tier. --run starts only the workflow that --workflow names, which needs
"on: workflow_dispatch". Choose a harmless one: a workflow may do anything.
`,
  exitOne: 'a check failed, or the job did not succeed; the line below it says how to fix it',
  positionals: [tenantPositional],
  options: [
    jsonOption,
    { flags: '--repositories <names>', description: 'these repositories, comma-separated' },
    { flags: '--run', description: 'run a workflow in each, and follow its first job' },
    {
      flags: '--workflow <name>',
      description: 'the name of that workflow, or of its file',
      default: 'mayfly-test',
    },
    { flags: '--wait <seconds>', description: 'how long to wait for each job', default: '900' },
    stackOption,
  ],
  async run(call) {
    const wait = Number(call.options['wait']);
    if (!Number.isInteger(wait) || wait < 1 || wait > 7200) {
      throw new UsageError(
        `--wait is ${JSON.stringify(call.options['wait'])}; it must be 1 to 7200 seconds.`,
      );
    }
    const client = dynamoClient(call);
    const { tenant } = await findReadableTenant({ client, config: call.config }, call.positionals[0] ?? '');
    const rows = await testTenant(call, tenant);
    call.io.out(call.options['json'] ? `${JSON.stringify(rows)}\n` : checkLines(rows));
    return hasFailed(rows) ? 1 : 0;
  },
};

const mostTested = 20;
const mostRun = 5;
const runsLookedAt = 3;

async function testTenant(call: CommandCall, tenant: Tenant): Promise<Row[]> {
  const stores = commandStores(call);
  const github = await githubOf(call);
  const names = await repositoryNames(call, github, tenant);
  if (names.length === 0) return [nothingToTest(tenant)];
  const group = await groupOf(stores, github, tenant);
  const tested: Tested[] = [];
  // One after the other: a command is not in a hurry, and GitHub limits concurrent calls.
  for (const name of names) {
    const { operator } = github;
    const { installationId } = tenant;
    const repository = await operator.repository(installationId, name);
    const isActionsOn = await operator.isActionsOn(installationId, name);
    const jobs = await latestJobs(operator, tenant, name);
    tested.push({ name, tenant, tiers: stores.deployment.tiers, repository, group, isActionsOn, jobs });
  }
  const rows = tested.flatMap(testRows);
  if (!call.options['run']) return rows;
  return [...rows, ...(await runAll(call, { stores, github, tenant }, tested))];
}

async function repositoryNames(call: CommandCall, { platform }: GitHubOf, tenant: Tenant): Promise<string[]> {
  const given = call.options['repositories'];
  if (typeof given === 'string') {
    const names = given.split(',').map((name) => name.trim());
    const strange = names.find((name) => !/^(?:[\w.-]+\/)?[\w.-]+$/.test(name));
    if (strange !== undefined || names.length > mostTested) {
      throw new UsageError(
        `--repositories is ${JSON.stringify(given)}; it must be at most ${mostTested} names, comma-separated.`,
      );
    }
    return names.map((name) => (name.includes('/') ? name : `${tenant.accountLogin}/${name}`));
  }
  const reached = await listRepositories(platform, tenant.installationId);
  if (!reached.ok) {
    throw new UsageError(
      `GitHub does not list the repositories: ${refusalText(reached)}. This says why: npx mayfly tenant validate ${tenant.accountLogin}`,
    );
  }
  const { allowedRepositories } = tenant;
  const used = reached.value.filter(({ id }) => allowedRepositories?.includes(id) ?? true);
  return used.slice(0, mostTested).map(({ fullName }) => fullName);
}

/** Without this line, a tenant whose jobs are all refused would look as if it had passed. */
function nothingToTest({ allowedRepositories, accountLogin }: Tenant): Row {
  const check = 'repositories';
  if (allowedRepositories === undefined)
    return failed(
      check,
      'the installation has none',
      'An owner must add some to the installation of the App.',
    );
  const found =
    allowedRepositories.length === 0 ? 'none is allowed' : 'the installation has none of the allowed ones';
  const how = `To allow some: npx mayfly tenant set ${accountLogin} --repositories LIST. To test others: --repositories LIST`;
  return failed(check, found, how);
}

async function groupOf(stores: CommandStores, { platform }: GitHubOf, tenant: Tenant): Promise<GroupView> {
  if (levelNow(tenant).level !== 'organization') return {};
  const name = groupNameOf(stores, tenant);
  const found = await platform.getRunnerGroup(tenant.installationId, tenant.accountLogin, name);
  const named = name === undefined ? {} : { name };
  if (!found.ok) return named;
  return { ...named, standing: found.value ? { kind: 'found', group: found.value } : { kind: 'missing' } };
}

async function latestJobs(
  operator: OperatorGitHub,
  { installationId }: Tenant,
  name: string,
): Promise<Answer<JobDetails[]>> {
  const runs = await operator.latestRuns(installationId, name, runsLookedAt);
  if (!runs.ok) return runs;
  const jobs: JobDetails[] = [];
  for (const { runId } of runs.value) {
    const answer = await operator.runJobs(installationId, name, runId);
    if (answer.ok) jobs.push(...answer.value);
  }
  return { ok: true, value: jobs };
}

async function runAll(
  { options }: CommandCall,
  { stores, github, tenant }: { stores: CommandStores; github: GitHubOf; tenant: Tenant },
  tested: readonly Tested[],
): Promise<Row[]> {
  const deps = {
    operator: github.operator,
    stores,
    now: () => Date.now(),
    pause: sleep,
    async explain(installationId: Tenant['installationId'], jobId: JobDetails['jobId'], repository: string) {
      const facts = await gatherFacts(stores, { installationId, jobId, repository });
      return explainJob({ ...facts, github: await askGitHub(github, facts, repository) }).line;
    },
  };
  const rows: Row[] = [];
  for (const { name, repository } of tested.slice(0, mostRun)) {
    if (!repository.ok) continue;
    const request = {
      installationId: tenant.installationId,
      repository: name,
      branch: repository.value.defaultBranch,
      workflow: String(options['workflow']),
      waitSeconds: Number(options['wait']),
    };
    rows.push(await runWorkflow(deps, request));
  }
  return rows;
}
