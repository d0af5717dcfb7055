/**
 * Asks GitHub and the platform's own webhook URL for what `tenant validate` checks. The number of calls is bounded,
 * however many repositories an account has. Read-only.
 */
import type { OperatorGitHub } from '../../adapters/github/operator-github.ts';
import { groupNameOf } from '../../app/common/runner-groups.ts';
import type { Deployment } from '../../contract/deployment.ts';
import type { GitHubRepository } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import type { GitHubOf } from '../insight/github-of.ts';
import { listRepositories } from './list-repositories.ts';
import { type Seen, unreachedIds } from './validate-rules.ts';

/** A hundred each. */
const deliveryPages = 5;
/** For each repository, one call finds out whether Actions is enabled. */
const actionsLookedAt = 20;
const actionsAtOnce = 5;
/** One call for each allowed repository that GitHub does not list, too. */
const unlistedLookedAt = 20;
const doorMilliseconds = 10_000;

export async function readValidation(
  { platform, operator, outputs }: GitHubOf,
  deployment: Deployment,
  tenant: Tenant,
): Promise<Seen> {
  const { installationId } = tenant;
  const [app, installation] = await Promise.all([
    operator.appSettings(),
    platform.getInstallation(installationId),
  ]);
  const current = installation.ok
    ? {
        ...tenant,
        accountLogin: installation.value.accountLogin,
        permissions: installation.value.permissions,
      }
    : tenant;
  const groupName = groupNameOf({ deployment }, current);
  const [repositories, group, endpoint, deliveries] = await Promise.all([
    listRepositories(platform, installationId),
    levelNow(current).level === 'organization'
      ? platform.getRunnerGroup(installationId, current.accountLogin, groupName)
      : undefined,
    knock(outputs.webhookUrl),
    readDeliveries(operator, installationId),
  ]);
  const names = repositories.ok ? repositories.value.slice(0, actionsLookedAt) : [];
  const [actions, unlisted] = await Promise.all([
    askActions(operator, installationId, names),
    askUnlisted(platform, tenant, repositories),
  ]);
  return {
    tenant,
    tiers: deployment.tiers.map(({ name }) => name),
    ...(groupName === undefined ? {} : { groupName }),
    app,
    installation,
    repositories,
    unlisted,
    ...(group ? { group } : {}),
    endpoint: { url: outputs.webhookUrl, ...endpoint },
    deliveries,
    actions,
    now: Date.now(),
  };
}

/** The platform's answer to an unsigned request: it shows that the platform is there, and needs no secret. */
export async function knock(url: string): Promise<{ status: number } | { fault: string }> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      redirect: 'manual',
      signal: AbortSignal.timeout(doorMilliseconds),
    });
    await answer.body?.cancel();
    return { status: answer.status };
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    return { fault: `${url} cannot be reached from here: ${cause?.code ?? (error as Error).name}` };
  }
}

/** The latest delivery to this installation. GitHub has one list for all tenants. */
async function readDeliveries(
  operator: OperatorGitHub,
  installationId: InstallationId,
): Promise<Seen['deliveries']> {
  let cursor: string | undefined;
  for (let page = 0; page < deliveryPages; page += 1) {
    const answer = await operator.deliveries('any', cursor);
    if (!answer.ok) return answer;
    const last = answer.value.items.find((item) => item.installationId === installationId);
    if (last) return { ok: true, value: { at: last.deliveredAt, statusCode: last.statusCode } };
    cursor = answer.value.cursor;
    if (cursor === undefined) break;
  }
  return { ok: true, value: undefined };
}

async function askActions(
  operator: OperatorGitHub,
  installationId: InstallationId,
  repositories: readonly GitHubRepository[],
): Promise<Map<string, Answer<boolean>>> {
  const answers = new Map<string, Answer<boolean>>();
  const left = [...repositories];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const answer = await operator.isActionsOn(installationId, next.fullName);
      answers.set(next.fullName, answer);
      // This refusal is not about one repository, so the others would be refused too.
      if (!answer.ok && answer.refusal.kind !== 'not-found') left.length = 0;
    }
  };
  await Promise.all(Array.from({ length: actionsAtOnce }, worker));
  return answers;
}

/** By id, which stays when a repository is renamed. */
async function askUnlisted(
  platform: GitHub,
  tenant: Tenant,
  repositories: Answer<readonly GitHubRepository[]>,
): Promise<Seen['unlisted']> {
  if (!repositories.ok) return new Map();
  const ids = unreachedIds(tenant, repositories.value).slice(0, unlistedLookedAt);
  const ask = async (id: number) => [id, await platform.getRepository(tenant.installationId, id)] as const;
  return new Map(await Promise.all(ids.map(ask)));
}
