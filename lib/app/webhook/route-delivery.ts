/**
 * Where a signed webhook delivery goes, and which part of it: the whole decision, over plain data. It reads only the fields
 * that it needs, does not rely on any of them, and never throws, whatever a payload contains. The message is always a
 * small part of what SQS accepts, and each of its texts is one that DynamoDB accepts.
 */
import type { InstallationEvent, JobEvent } from '../../contract/messages.ts';
import { boundedText, isRepositoryName } from '../../core/bounded-text.ts';
import type { RepositoryVisibility } from '../../core/github.ts';
import { InstallationId, isGatedName, JobId, type TierName } from '../../core/ids.ts';
import { keptLabels } from '../../core/job-labels.ts';
import { isSelfHosted, tierFor } from '../../core/labels.ts';
import type { Tier } from '../../core/tier.ts';

export type Route =
  | { readonly to: 'tier'; readonly tier: TierName; readonly message: JobEvent }
  | { readonly to: 'lifecycle'; readonly message: JobEvent }
  | { readonly to: 'completions'; readonly message: JobEvent }
  | { readonly to: 'installations'; readonly message: InstallationEvent }
  | { readonly to: 'nowhere'; readonly code: IgnoredCode; readonly why: string };

export type IgnoredCode =
  | 'event-unused'
  | 'no-installation'
  | 'no-workflow-job'
  | 'job-unusable'
  | 'action-unused'
  | 'hosted-by-github';

export interface Delivery {
  /** `X-GitHub-Event`. */
  readonly event: string;
  /** `X-GitHub-Delivery`. */
  readonly delivery: string;
  readonly payload: unknown;
  readonly tiers: readonly Tier[];
  /** Epoch milliseconds; also a job's place in the line, if GitHub names no time. */
  readonly receivedAt: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Longer than GitHub's own names, ids and keywords. */
const longestText = 100;
/** Enough to identify it in a report; each job's row has it. */
const longestWorkflow = 60;
/** With the longest names, a fifth of a message. Jobs of further repositories are refused when a machine claims for them. */
const mostRepositoriesRemoved = 1_000;

const installationEvents = ['installation', 'installation_repositories', 'installation_target'];
const jobActions = ['queued', 'waiting', 'in_progress', 'completed'] as const;

export function routeDelivery(delivery: Delivery): Route {
  const { event } = delivery;
  const isJob = event === 'workflow_job';
  if (!isJob && !installationEvents.includes(event)) {
    return nowhere('event-unused', `Events of kind ${event.slice(0, 40)} are not used here.`);
  }
  const payload = fieldsOf(delivery.payload);
  const installationId = fieldsOf(payload['installation'])['id'];
  if (!isId(installationId))
    return nowhere('no-installation', 'The payload names no installation of the App.');
  return isJob
    ? routeJob(delivery, payload, InstallationId(installationId))
    : { to: 'installations', message: installationEvent(delivery, payload, InstallationId(installationId)) };
}

function routeJob(delivery: Delivery, payload: Fields, installationId: InstallationId): Route {
  const job = fieldsOf(payload['workflow_job']);
  if (Object.keys(job).length === 0) return nowhere('no-workflow-job', 'workflow_job is empty.');
  const action = jobActions.find((known) => known === payload['action']);
  if (!action) return nowhere('action-unused', `Allowed actions are ${jobActions.join(', ')}.`);
  const labels = textsOf(job['labels']);
  const tier = tierFor(labels, delivery.tiers)?.name;
  if (!tier && !isSelfHosted(labels)) {
    return nowhere('hosted-by-github', 'The labels ask for no self-hosted runner.');
  }
  const repository = fieldsOf(payload['repository']);
  const repositoryName = repository['full_name'];
  const repositoryOwnerId = fieldsOf(repository['owner'])['id'];
  const { id, run_id: runId } = job;
  const repositoryId = repository['id'];
  const visibility = visibilityOf(repository);
  if (!isId(id) || !isId(runId) || !isId(repositoryOwnerId) || !isRepositoryName(repositoryName)) {
    const needed = 'workflow_job.id, workflow_job.run_id, repository.full_name and repository.owner.id';
    return nowhere('job-unusable', `One of ${needed} is missing, or not in GitHub’s format.`);
  }
  const message: JobEvent = {
    kind: 'job',
    // GitHub announces a job that an approval holds back as `queued`, with the status `waiting`.
    action: action === 'queued' && job['status'] === 'waiting' ? 'waiting' : action,
    installationId,
    jobId: JobId(id),
    runId,
    ...(isId(job['run_attempt']) ? { runAttempt: job['run_attempt'] } : {}),
    repository: repositoryName,
    ...(isId(repositoryId) ? { repositoryId } : {}),
    repositoryOwnerId,
    ...(visibility ? { visibility } : {}),
    labels: keptLabels(labels, tier !== undefined),
    ...(tier ? { tier } : {}),
    ...(isText(job['workflow_name']) ? { workflow: boundedText(job['workflow_name'], longestWorkflow) } : {}),
    queuedAt: timeOf(job['created_at']) ?? delivery.receivedAt,
    receivedAt: delivery.receivedAt,
    delivery: boundedText(delivery.delivery, longestText),
    runnerName: textOrNull(job['runner_name']),
    conclusion: textOrNull(job['conclusion']),
  };
  if (tier && message.action === 'queued') return { to: 'tier', tier, message };
  return { to: isWaitedFor(message) ? 'completions' : 'lifecycle', message };
}

/** Whether something waits for this fact: another job for the machine's lease, or this job for its first step. */
const isWaitedFor = ({ action, runnerName }: JobEvent) =>
  action === 'completed' || (action === 'in_progress' && isGatedName(runnerName));

function installationEvent(
  { event, delivery }: Delivery,
  payload: Fields,
  installationId: InstallationId,
): InstallationEvent {
  const removed = payload['repositories_removed'];
  const gone = (Array.isArray(removed) ? removed : []).map(fieldsOf);
  const ids = gone.map(({ id }) => id).filter(isId);
  return {
    kind: 'installation',
    event: isText(payload['action']) ? `${event}.${boundedText(payload['action'], longestText)}` : event,
    installationId,
    repositoriesRemoved: gone
      .map((repository) => repository['full_name'])
      .filter(isRepositoryName)
      .slice(0, mostRepositoriesRemoved),
    ...(ids.length > 0 ? { repositoryIdsRemoved: ids.slice(0, mostRepositoriesRemoved) } : {}),
    delivery: boundedText(delivery, longestText),
  };
}

const nowhere = (code: IgnoredCode, why: string): Route => ({ to: 'nowhere', code, why });
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const textOrNull = (value: unknown) => (isText(value) ? boundedText(value, longestText) : null);
const textsOf = (value: unknown) => (Array.isArray(value) ? value.filter(isText) : []);

/** Payloads of old GitHub Enterprise Servers have only `private`. */
function visibilityOf({ visibility, private: isPrivate }: Fields): RepositoryVisibility | undefined {
  const named = (['public', 'private', 'internal'] as const).find((word) => word === visibility);
  if (named || typeof isPrivate !== 'boolean') return named;
  return isPrivate ? 'private' : 'public';
}

/** Epoch milliseconds; undefined if it is not a time. */
function timeOf(value: unknown): number | undefined {
  const time = isText(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
