/**
 * The workflows of a repository, whether Actions is on there, and what a dispatch starts. A repository has one workflow,
 * which runs only on pushes, until it is given others.
 * Source: https://docs.github.com/en/rest/actions/workflows
 */
import { type JobRequest, queueJob } from './jobs.ts';
import type { Webhooks } from './webhooks.ts';
import type { JobRecord, Repository, WorkflowRecord, World } from './world.ts';
import { fullName, nameKey, takeId } from './world.ts';

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

export function workflowsOf(world: World, repository: Repository): WorkflowRecord[] {
  const known = world.workflows.get(repository.id);
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
  world.workflows.set(repository.id, made);
  return made;
}

/** @throws Error if the repository is unknown */
export function setWorkflow(world: World, repositoryName: string, change: WorkflowChange): WorkflowRecord {
  const repository = known(world, repositoryName);
  const workflows = workflowsOf(world, repository);
  const same = workflows.find(({ name }) => nameKey(name) === nameKey(change.name));
  const workflow: WorkflowRecord = same ?? {
    id: takeId(world),
    name: change.name,
    state: 'active',
    dispatchable: false,
    labels: ['self-hosted'],
    milliseconds: 1000,
  };
  if (!same) workflows.push(workflow);
  return Object.assign(workflow, change, { name: workflow.name });
}

export function setActions(world: World, repositoryName: string, isOn: boolean): void {
  const { id } = known(world, repositoryName);
  if (isOn) world.actionsOff.delete(id);
  else world.actionsOff.add(id);
}

export function dispatchWorkflow(
  world: World,
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
  return queueJob(world, webhooks, request);
}

function known(world: World, name: string): Repository {
  const repository = world.repositories.get(nameKey(name));
  if (repository) return repository;
  throw new Error(`There is no repository ${name}; known: ${[...world.repositories.keys()].join(', ')}.`);
}
