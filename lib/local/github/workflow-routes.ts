/**
 * The list of a repository's workflows, running one by hand, and whether Actions is on. A dispatch gets a 422 for an
 * unknown branch, a disabled workflow, and one without `workflow_dispatch`; the wording is what users of GitHub's API
 * report.
 * Source: https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event and
 * https://docs.github.com/en/rest/actions/permissions
 */
import { nodeId } from './account-shapes.ts';
import {
  type Call,
  installation,
  noContent,
  notFound,
  ok,
  page,
  Refusal,
  type Route,
  repositoryOf,
  route,
} from './router.ts';
import type { GitHubStore, Repository, WorkflowRecord } from './store.ts';
import { fullName, isoTime } from './store.ts';
import type { Webhooks } from './webhooks.ts';
import { branch, dispatchWorkflow, workflowsOf } from './workflows.ts';

const root = '/repos/{owner}/{repo}/actions';

export function workflowRoutes(webhooks: Webhooks): Route[] {
  return [
    route('GET', `${root}/workflows`, installation('actions', 'read'), (call) => {
      const repository = repositoryOf(call);
      const { items, total, headers } = page(call, workflowsOf(call.store, repository));
      const workflows = items.map((workflow) => workflowShape(call.store, repository, workflow));
      return { status: 200, body: { total_count: total, workflows }, headers };
    }),
    route('POST', `${root}/workflows/{workflow_id}/dispatches`, installation('actions', 'write'), (call) =>
      dispatch(call, webhooks),
    ),
    route('GET', `${root}/permissions`, installation('administration', 'read'), (call) => {
      const enabled = !call.store.actionsOff.has(repositoryOf(call).id);
      return ok(enabled ? { enabled, allowed_actions: 'all', sha_pinning_required: false } : { enabled });
    }),
  ];
}

function dispatch(call: Call, webhooks: Webhooks) {
  const { store, parts, body } = call;
  const repository = repositoryOf(call);
  const workflow = workflowsOf(store, repository).find(
    ({ id }) => id === Number(parts['workflow_id']) || fileOf({ id }) === parts['workflow_id'],
  );
  if (!workflow) throw notFound();
  const { ref } = body;
  if (typeof ref !== 'string') throw new Refusal(422, 'Invalid request.\n\n"ref" wasn\'t supplied.');
  if (store.actionsOff.has(repository.id))
    throw new Refusal(422, 'Actions has been disabled for this repository.');
  if (ref.replace(/^refs\/heads\//, '') !== branch) throw new Refusal(422, `No ref found for: ${ref}`);
  if (workflow.state !== 'active') {
    throw new Refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  }
  if (!workflow.dispatchable) throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
  const { runId } = dispatchWorkflow(store, webhooks, { repository, workflow });
  if (body['return_run_details'] !== true) return noContent;
  const run_url = `${store.url}/repos/${fullName(repository)}/actions/runs/${runId}`;
  const html_url = `${store.url}/${fullName(repository)}/actions/runs/${runId}`;
  return ok({ workflow_run_id: runId, run_url, html_url });
}

const fileOf = ({ id }: Pick<WorkflowRecord, 'id'>) => `workflow-${id}.yml`;

function workflowShape(store: GitHubStore, repository: Repository, workflow: WorkflowRecord) {
  const made = isoTime(store.app.createdAt);
  const page = `${store.url}/${fullName(repository)}`;
  return {
    id: workflow.id,
    node_id: nodeId('Workflow', workflow.id),
    name: workflow.name,
    path: `.github/workflows/${fileOf(workflow)}`,
    state: workflow.state,
    created_at: made,
    updated_at: made,
    url: `${store.url}/repos/${fullName(repository)}/actions/workflows/${workflow.id}`,
    html_url: `${page}/blob/${branch}/.github/workflows/${fileOf(workflow)}`,
    badge_url: `${page}/workflows/${workflow.name}/badge.svg`,
  };
}
