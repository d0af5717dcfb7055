/**
 * Self-hosted runners of organizations and repositories: just-in-time registration, list, read, removal. Both levels
 * answer alike; they differ in the permission that they need and in who may be served.
 * Source: https://docs.github.com/en/rest/actions/self-hosted-runners
 */
import { randomBytes } from 'node:crypto';
import { groupsOf } from './groups.ts';
import { runnerShape } from './job-shapes.ts';
import { removeRunner } from './jobs.ts';
import {
  type Call,
  created,
  installation,
  invalid,
  leadOn,
  noContent,
  notFound,
  ok,
  page,
  Refusal,
  type Route,
  repositoryOf,
  route,
} from './router.ts';
import type { RunnerRecord, Scope } from './store.ts';
import { fullName, nameKey, takeId } from './store.ts';

/** GitHub's own has about this size, which is why it does not fit everywhere. */
const jitConfigBytes = 3072;

export function runnerRoutes(): Route[] {
  return [
    ...routesAt('/orgs/{org}/actions/runners', 'organization_self_hosted_runners', organizationScope),
    ...routesAt('/repos/{owner}/{repo}/actions/runners', 'administration', (call) => ({
      kind: 'repository',
      repository: repositoryOf(call),
    })),
  ];
}

function routesAt(root: string, permission: string, scopeOf: (call: Call) => Scope): Route[] {
  const read = installation(permission, 'read');
  const write = installation(permission, 'write');
  return [
    route('POST', `${root}/generate-jitconfig`, write, (call) => generateJitConfig(call, scopeOf(call))),
    route('GET', root, read, (call) => listRunners(call, scopeOf(call))),
    route('GET', `${root}/downloads`, read, (call) => {
      scopeOf(call);
      return ok(['x64', 'arm64'].map((architecture) => download(call, architecture)));
    }),
    route('GET', `${root}/{runner_id}`, read, (call) => ok(runnerShape(knownRunner(call, scopeOf(call))))),
    route('DELETE', `${root}/{runner_id}`, write, (call) => {
      const runner = knownRunner(call, scopeOf(call));
      if (runner.job) {
        throw invalid(`Runner "${runner.name}" is currently running a job and cannot be deleted.`);
      }
      removeRunner(call.store, runner, 'deleted');
      return noContent;
    }),
  ];
}

/** @throws Refusal 404 if the token is for another organization, or for a user */
export function organizationScope(call: Call): Scope & { kind: 'organization' } {
  const { account } = call.installation;
  const wanted = nameKey(call.parts['org'] ?? '');
  if (account.type !== 'Organization' || nameKey(account.login) !== wanted) {
    if (!call.store.accounts.has(wanted)) {
      leadOn(call, 'organizations', call.store.formerAccounts.get(wanted)?.id);
    }
    throw notFound();
  }
  return { kind: 'organization', account };
}

const sameScope = (one: Scope, other: Scope) =>
  one.kind === 'organization'
    ? other.kind === 'organization' && one.account === other.account
    : other.kind === 'repository' && one.repository === other.repository;

const runnersIn = (call: Call, scope: Scope) =>
  [...call.store.runners.values()].filter((runner) => sameScope(runner.scope, scope));

function knownRunner(call: Call, scope: Scope): RunnerRecord {
  const runner = call.store.runners.get(Number(call.parts['runner_id']));
  if (!runner || !sameScope(runner.scope, scope)) throw notFound();
  return runner;
}

function generateJitConfig(call: Call, scope: Scope) {
  const { store } = call;
  const { name, labels, groupId } = readRegistration(call, scope);
  if (runnersIn(call, scope).some((runner) => nameKey(runner.name) === nameKey(name))) {
    throw new Refusal(409, `Already exists - A runner with the name ${name} already exists.`);
  }
  const runner: RunnerRecord = {
    id: takeId(store),
    name,
    labels,
    scope,
    groupId,
    token: randomBytes(32).toString('base64url'),
    online: false,
    job: undefined,
    lastSeenAt: store.now(),
    answerPoll: undefined,
  };
  store.runners.set(runner.id, runner);
  const where = scope.kind === 'organization' ? scope.account.login : fullName(scope.repository);
  store.emit('runner-registered', { runner: name, scope: where, labels });
  return created({ runner: runnerShape(runner), encoded_jit_config: encodeJitConfig(store.url, runner) });
}

function readRegistration(call: Call, scope: Scope) {
  const { name, labels, runner_group_id: groupId } = call.body;
  if (typeof name !== 'string' || name === '' || name.length > 64) {
    throw invalid('name must be a text of 1 to 64 characters');
  }
  const label = (value: unknown) => typeof value === 'string' && value.trim() !== '' && value.length <= 256;
  if (!Array.isArray(labels) || labels.length < 1 || labels.length > 100 || !labels.every(label)) {
    throw invalid('labels must be a list of 1 to 100 texts');
  }
  const groups = scope.kind === 'organization' ? groupsOf(call.store, scope.account.login) : [{ id: 1 }];
  if (typeof groupId !== 'number' || !groups.some(({ id }) => id === groupId)) {
    throw invalid(`runner_group_id ${JSON.stringify(groupId)} is not a runner group here`);
  }
  return { name, labels: labels as string[], groupId };
}

function encodeJitConfig(url: string, runner: RunnerRecord): string {
  const config = { url, token: runner.token, runnerId: runner.id, padding: '' };
  const padding = 'x'.repeat(Math.max(0, jitConfigBytes - JSON.stringify(config).length));
  return Buffer.from(JSON.stringify({ ...config, padding })).toString('base64');
}

function listRunners(call: Call, scope: Scope) {
  const name = call.query.get('name');
  const found = runnersIn(call, scope).filter(
    (runner) => name === null || nameKey(runner.name) === nameKey(name),
  );
  const { items, total, headers } = page(call, found);
  return { status: 200, body: { total_count: total, runners: items.map(runnerShape) }, headers };
}

function download({ store }: Call, architecture: string) {
  const filename = `actions-runner-linux-${architecture}-2.337.0.tar.gz`;
  return { os: 'linux', architecture, filename, download_url: `${store.url}/downloads/${filename}` };
}
