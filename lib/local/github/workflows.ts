/**
 * The workflows of a repository, whether Actions is on there, and what a dispatch starts. A repository has one workflow,
 * which runs only on pushes, until it is given others.
 * Source: https://docs.github.com/en/rest/actions/workflows
 */
import { type JobRequest, queueJob, wholeMilliseconds } from './jobs.ts';
import type { GitHubStore, JobRecord, Repository, WorkflowRecord } from './store.ts';
import { fullName, nameKey, takeId } from './store.ts';
import type { Webhooks } from './webhooks.ts';

export interface WorkflowChange {
  /** Case-insensitive. Created if the repository has none. */
  readonly name: string;
  readonly state?: WorkflowRecord['state'];
  readonly dispatchable?: boolean;
  readonly labels?: readonly string[];
  readonly milliseconds?: number;
}

/** The only branch of every repository here. */
export const branch = 'main';

export function workflowsOf(store: GitHubStore, repository: Repository): WorkflowRecord[] {
  const known = store.workflows.get(repository.id);
  if (known) return known;
  const made: WorkflowRecord[] = [
    {
      id: 1,
      name: 'Build',
      state: 'active',
      dispatchable: false,
      labels: ['self-hosted'],
      milliseconds: 1000,
    },
  ];
  store.workflows.set(repository.id, made);
  return made;
}

/** @throws Error if the repository is unknown, or a job's length is none */
export function setWorkflow(
  store: GitHubStore,
  repositoryName: string,
  change: WorkflowChange,
): WorkflowRecord {
  const repository = known(store, repositoryName);
  if (change.milliseconds !== undefined) wholeMilliseconds(change.milliseconds);
  const workflows = workflowsOf(store, repository);
  const same = workflows.find(({ name }) => nameKey(name) === nameKey(change.name));
  const workflow: WorkflowRecord = same ?? {
    id: takeId(store),
    name: change.name,
    state: 'active',
    dispatchable: false,
    labels: ['self-hosted'],
    milliseconds: 1000,
  };
  if (!same) workflows.push(workflow);
  return Object.assign(workflow, change, { name: workflow.name });
}

export function setActions(store: GitHubStore, repositoryName: string, isOn: boolean): void {
  const { id } = known(store, repositoryName);
  if (isOn) store.actionsOff.delete(id);
  else store.actionsOff.add(id);
}

export function dispatchWorkflow(
  store: GitHubStore,
  webhooks: Webhooks,
  what: { repository: Repository; workflow: WorkflowRecord },
): JobRecord {
  const { repository, workflow } = what;
  const request: JobRequest = {
    repository: fullName(repository),
    labels: workflow.labels,
    milliseconds: workflow.milliseconds,
    workflow: { id: workflow.id, event: 'workflow_dispatch' },
  };
  return queueJob(store, webhooks, request);
}

function known(store: GitHubStore, name: string): Repository {
  const repository = store.repositories.get(nameKey(name));
  if (repository) return repository;
  throw new Error(`There is no repository ${name}; known: ${[...store.repositories.keys()].join(', ')}.`);
}
