/**
 * Runners, runner groups, jobs and runs in the shape of GitHub's REST answers, and the job of a `workflow_job` webhook.
 * They only read: two calls for the same record give the same answer.
 */
import { createHash } from 'node:crypto';
import { accountShape, minimalRepositoryShape, nodeId } from './account-shapes.ts';
import { groupsOf } from './groups.ts';
import type { Account, GitHubStore, JobRecord, RunnerGroup, RunnerRecord } from './store.ts';
import { fullName, isoTime } from './store.ts';

export function runnerShape(runner: RunnerRecord) {
  return {
    id: runner.id,
    runner_group_id: runner.groupId,
    name: runner.name,
    os: runner.online ? 'linux' : 'unknown',
    status: runner.online ? 'online' : 'offline',
    busy: runner.job !== undefined,
    ephemeral: true,
    labels: runner.labels.map((name, at) => ({ id: at + 1, name, type: 'custom' })),
  };
}

export function groupShape(store: GitHubStore, organization: Account, group: RunnerGroup) {
  const url = `${store.url}/orgs/${organization.login}/actions/runner-groups/${group.id}`;
  return {
    id: group.id,
    name: group.name,
    visibility: group.visibility,
    default: group.isDefault,
    ...(group.visibility === 'selected' ? { selected_repositories_url: `${url}/repositories` } : {}),
    runners_url: `${url}/runners`,
    hosted_runners_url: `${url}/hosted-runners`,
    inherited: false,
    allows_public_repositories: group.allowsPublicRepositories,
    workflow_restrictions_read_only: false,
    restricted_to_workflows: false,
    selected_workflows: [],
  };
}

const workflowName = 'Build';
const headOf = (job: JobRecord) => createHash('sha1').update(`run ${job.runId}`).digest('hex');
const optionalTime = (time: number | undefined) => (time === undefined ? null : isoTime(time));

/** The fields that the REST answer and the webhook share. */
export function jobShape(store: GitHubStore, job: JobRecord) {
  const repository = `${store.url}/repos/${fullName(job.repository)}`;
  return {
    id: job.id,
    run_id: job.runId,
    workflow_name: workflowName,
    head_branch: 'main',
    run_url: `${repository}/actions/runs/${job.runId}`,
    run_attempt: job.runAttempt,
    node_id: nodeId('CheckRun', job.id),
    head_sha: headOf(job),
    url: `${repository}/actions/jobs/${job.id}`,
    html_url: `${store.url}/${fullName(job.repository)}/actions/runs/${job.runId}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: isoTime(job.createdAt),
    started_at: isoTime(job.startedAt ?? job.createdAt),
    completed_at: optionalTime(job.completedAt),
    name: `build-${job.id}`,
    steps: [],
    check_run_url: `${repository}/check-runs/${job.id}`,
    labels: job.labels,
    runner_id: job.runner?.id ?? null,
    runner_name: job.runner?.name ?? null,
    runner_group_id: job.runner?.groupId ?? null,
    runner_group_name: groupNameOf(store, job),
  };
}

function groupNameOf(store: GitHubStore, { runner, repository }: JobRecord): string | null {
  if (!runner) return null;
  const group = groupsOf(store, repository.owner.login).find(({ id }) => id === runner.groupId);
  return group?.name ?? 'Default';
}

/** A run's state follows from its jobs. */
export function runShape(store: GitHubStore, runId: number, jobs: readonly JobRecord[]) {
  const first = jobs[0]!;
  const repository = `${store.url}/repos/${fullName(first.repository)}`;
  const url = `${repository}/actions/runs/${runId}`;
  const made = isoTime(first.createdAt);
  const person = { name: first.repository.owner.login, email: 'nobody@example.com' };
  return {
    id: runId,
    name: workflowName,
    node_id: nodeId('WorkflowRun', runId),
    check_suite_id: runId,
    head_branch: 'main',
    head_sha: headOf(first),
    path: '.github/workflows/build.yml@main',
    display_title: workflowName,
    run_number: 1,
    run_attempt: Math.max(...jobs.map((job) => job.runAttempt)),
    event: first.workflow?.event ?? 'push',
    ...runState(jobs),
    workflow_id: first.workflow?.id ?? 1,
    url,
    html_url: `${store.url}/${fullName(first.repository)}/actions/runs/${runId}`,
    pull_requests: [],
    created_at: made,
    updated_at: isoTime(Math.max(...jobs.map((job) => job.completedAt ?? job.startedAt ?? job.createdAt))),
    actor: accountShape(store, first.repository.owner),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repository}/check-suites/${runId}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `${repository}/actions/workflows/${first.workflow?.id ?? 1}`,
    head_commit: {
      id: headOf(first),
      tree_id: headOf(first),
      message: 'Build',
      timestamp: made,
      author: person,
      committer: person,
    },
    repository: minimalRepositoryShape(store, first.repository),
    head_repository: minimalRepositoryShape(store, first.repository),
  };
}

function runState(jobs: readonly JobRecord[]) {
  if (jobs.some((job) => job.status === 'in_progress')) return { status: 'in_progress', conclusion: null };
  const open = jobs.find((job) => job.status !== 'completed');
  if (open) return { status: open.status, conclusion: null };
  const worst = jobs.find((job) => job.conclusion !== 'success');
  return { status: 'completed', conclusion: worst?.conclusion ?? 'success' };
}
