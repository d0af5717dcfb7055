/**
 * What GitHub says about one job, in at most seventeen calls: the job, its run, its intended runner, and for a job
 * without a row the installation and the deliveries of its webhook. A refusal is part of the answer, never an error.
 */
import type { JobDetails, OperatorGitHub } from '../../adapters/github/operator-github.ts';
import type { Facts, GitHubFacts, JobDelivery } from '../../app/insight/facts.ts';
import type { InstallationId } from '../../core/ids.ts';
import { scopeFor } from '../../core/scope.ts';
import type { GitHub } from '../../ports/github.ts';
import { refusalText } from './github-of.ts';

interface Deps {
  readonly platform: GitHub;
  readonly operator: OperatorGitHub;
}

/** A page has 100 deliveries; all tenants' deliveries are in one list. */
const deliveryPages = 3;
/** How many deliveries of the same repository and minute are opened to find out which job they are about. */
const opened = 5;
/** Allows for differences of GitHub's clocks, and for the time from the job to its webhook. */
const slackMilliseconds = 120_000;

export async function askGitHub(deps: Deps, facts: Facts, repository: string): Promise<GitHubFacts> {
  const { job, tenant, asked } = facts;
  const installation = job ? ({ kind: 'unknown' } as const) : await installationOf(deps, repository);
  const installationId =
    job?.installationId ??
    (installation.kind === 'found' ? installation.installationId : tenant?.installationId);
  if (installationId === undefined) return { installation, job: { kind: 'not-found' } };
  const answer = await deps.operator.job(installationId, repository, asked.jobId);
  if (!answer.ok) {
    const isGone = answer.refusal.kind === 'not-found';
    return {
      installation,
      job: isGone ? { kind: 'not-found' } : { kind: 'refused', message: refusalText(answer) },
    };
  }
  const found = answer.value;
  const run = found.status === 'queued' ? await runOf(deps, installationId, repository, found) : undefined;
  const runner = await runnerOf(deps, facts);
  const deliveries =
    !job && found.status === 'queued' ? await findDeliveries(deps, installationId, found) : undefined;
  return {
    installation,
    job: { kind: 'found', job: found },
    ...(run ? { run } : {}),
    ...(runner === undefined ? {} : { runner }),
    ...(deliveries ? { deliveries } : {}),
  };
}

async function installationOf({ operator }: Deps, repository: string): Promise<GitHubFacts['installation']> {
  const answer = await operator.findInstallation(repository);
  if (answer.ok) return { kind: 'found', ...answer.value };
  return { kind: answer.refusal.kind === 'not-found' ? 'not-found' : 'unknown' };
}

async function runOf(deps: Deps, installationId: InstallationId, repository: string, { runId }: JobDetails) {
  const answer = await deps.platform.getRun(installationId, repository, runId);
  return answer.ok ? answer.value : undefined;
}

async function runnerOf({ operator }: Deps, { plan }: Facts): Promise<GitHubFacts['runner']> {
  const machine = plan?.runner;
  if (!machine || (machine.state !== 'listening' && machine.state !== 'claimed')) return undefined;
  const { installationId, instanceId, account, repository } = machine;
  const answer = await operator.runners(installationId, scopeFor(account, repository), instanceId);
  return answer.ok ? (answer.value.find(({ name }) => name === instanceId) ?? null) : undefined;
}

/** Undefined: not found in the part of GitHub's list that is read; it may be further back. */
async function findDeliveries(
  { operator }: Deps,
  installationId: InstallationId,
  job: JobDetails,
): Promise<JobDelivery[] | undefined> {
  const earliest = job.createdAt - slackMilliseconds;
  const found: JobDelivery[] = [];
  let isWhole = true;
  // Failures are few, so the list of failures reaches further back. Attempts that reached no server are only in the
  // full list.
  for (const outcome of ['failure', 'any'] as const) {
    let cursor: string | undefined;
    let left = opened;
    for (let page = 1; page <= deliveryPages; page += 1) {
      const answer = await operator.deliveries(outcome, cursor);
      if (!answer.ok) return undefined;
      const { items, cursor: next } = answer.value;
      const near = items.filter(
        (item) =>
          item.event === 'workflow_job' &&
          item.action === 'queued' &&
          item.installationId === installationId &&
          item.deliveredAt >= earliest,
      );
      for (const { id } of near.slice(0, left)) {
        left -= 1;
        const one = await operator.delivery(id);
        if (one.ok && one.value.jobId === job.jobId) found.push(one.value);
      }
      const oldest = items.at(-1)?.deliveredAt ?? 0;
      cursor = next;
      if (next === undefined || oldest < earliest || found.length > 0) break;
      if (page === deliveryPages) isWhole = false;
    }
    if (left === 0) isWhole = false;
    if (found.length > 0) break;
  }
  if (found.length === 0 && !isWhole) return undefined;
  return found.toSorted((a, b) => b.deliveredAt - a.deliveredAt);
}
