/**
 * One account has more jobs held for an approval than a sweep reads, and another one comes after it in reading order.
 * The operator then allows that one its first machine, which only the sweep notices.
 */
import { InstallationId } from '../../../lib/core/ids.ts';
import type { Account, WorldDeps } from './context.ts';
import type { GitHubWorld } from './github.ts';

/** The sweep reads twenty pages. */
const heldJobs = 45;

/**
 * After the accounts' other jobs have come, so that none of them triggers a check, and until the run is nearly
 * over.
 */
const beginsSeconds = 920;
const heldForSeconds = 860;

export function startLongLine(deps: WorldDeps, github: GitHubWorld, accounts: readonly Account[]): void {
  const { random, scheduler, ports, log, auditor, deployment } = deps;
  const [first, last] = [accounts[0]!, accounts.at(-1)!];
  readRowByRow(deps);
  const [tier] = deployment.tiers;
  const queue = (account: Account, held: { heldForSeconds?: number }) =>
    github.queue({
      account,
      repository: `${account.login}/${account.repositories[0]}`,
      tier: tier!.name,
      labels: tier!.labels,
      ...held,
    });
  scheduler.after(beginsSeconds * 1000, () => {
    log.add(() => `${first.login} queues ${heldJobs} jobs that wait for approval`);
    for (let n = 0; n < heldJobs; n++) queue(first, { heldForSeconds });
  });
  const id = InstallationId(last.installationId ?? 0);
  const allow = (maxRunners: number) => {
    if (!ports.stores.world.tenant(id)) return;
    ports.stores.world.setMaxRunners(id, maxRunners);
    auditor.limitsSet(id);
    log.add(() => `the operator sets max_runners of ${id} to ${maxRunners}`);
  };
  const at = beginsSeconds + random.between(5, 30);
  scheduler.after(at * 1000, () => allow(0));
  scheduler.after((at + 10) * 1000, () => queue(last, {}));
  scheduler.after((at + 40) * 1000, () => allow(2));
}

/**
 * DynamoDB ends a page at 1 MB, however many rows were requested; here each page has one row.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.Pagination
 */
function readRowByRow({ ports }: WorldDeps): void {
  const { jobs } = ports.stores;
  const scan = jobs.scanPendingAcrossTenants.bind(jobs);
  Object.assign(jobs, {
    scanPendingAcrossTenants: (page: Parameters<typeof scan>[0]) => scan({ ...page, limit: 1 }),
  });
}
