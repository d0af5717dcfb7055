/**
 * A runner group decides which jobs get a machine, on the whole platform: no machine is bought for a public repository that the
 * group excludes, and one starts as soon as a group admits it. The pages that operators read about it are run as they stand:
 * docs/MOVE-TO-ORGANIZATION.md, and each command of docs/TENANTS.md. No call is denied on the way.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { tagKeys } from '../../lib/core/tags.ts';
import { markedBlocks, read } from '../docs/markdown.ts';
import { linesOf, queuedJobs, type Ran, runLines } from './support/documented-commands.ts';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

let world: World;
let acme: Account;
beforeAll(async () => {
  world = await startWorld();
  acme = await world.install('acme');
});
afterAll(() => world?.close());

it('starts no machine for a public repository that the group excludes, and serves a private one behind it', async () => {
  world.laptop.github.setPublic('acme/app', true);
  const open = world.queue(acme, tierLabels('small'));
  await world.untilJob(acme, open, { state: 'waiting', reason: 'public-repository' });
  world.laptop.github.addRepositories(acme.installationId, ['secret']);
  const job = { repository: 'acme/secret', labels: tierLabels('small'), milliseconds: 100 };
  await world.untilCompleted([world.laptop.github.queueJob(job).jobId]);
  await world.untilJob(acme, open, { state: 'waiting', reason: 'public-repository' });
  await world.untilIdle();
  expect(world.laptop.ec2.instances()).toHaveLength(1);

  // The operator names a group that admits it; the machine joins that one.
  world.laptop.github.setGroup('acme', { name: 'Open', allowsPublicRepositories: true });
  await world.operator.edit('tenants', { installation_id: acme.installationId }, { runner_group: 'open' });
  await world.sweep();
  await world.untilCompleted([open]);
  await world.untilRest();
  expect(world.laptop.ec2.instances().map(({ tags }) => tags.get(tagKeys.group))).toEqual([
    'Default',
    'open',
  ]);
  expect(world.trouble()).toEqual([]);
});

/** The level and the group of the machines of these jobs, as their tags say. */
async function homesOf(account: Account, jobIds: readonly number[]) {
  const machines = new Map(world.laptop.ec2.instances().map((one) => [one.instanceId, one.tags]));
  const rows = await Promise.all(jobIds.map((jobId) => world.job(account, jobId)));
  return rows.map((row) => {
    const tags = machines.get(String(row?.['runner']));
    return [tags?.get(tagKeys.level), tags?.get(tagKeys.group)].filter((tag) => tag !== undefined).join(' ');
  });
}

/** One check calls the webhook URL, which may answer slowly on a busy machine, so it does not count. */
const isCheck = ({ line }: Ran) => / (?:status|tenant validate|tenant rollback) /.test(line);
const failed = (ran: readonly Ran[]) =>
  ran.filter(
    (one) => one.status === 2 || (one.status === 1 && !isCheck(one)) || /FAIL +(?!webhook)/.test(one.out),
  );

it('moves an organization from repository level to a group of the organization, and back, as the page says', async () => {
  const page = 'docs/MOVE-TO-ORGANIZATION.md';
  const walk = async (step: string) => {
    const ran = await runLines(world, markedBlocks(page, `walk-${step}`).flatMap(linesOf));
    expect(failed(ran)).toEqual([]);
    return { ran, jobIds: queuedJobs(ran), said: ran.map(({ out }) => out).join('') };
  };
  const before = await walk('before');
  const row = (await world.operator.rows('tenants')).find((one) => one['account_login'] === 'globex');
  const globex = { login: 'globex', installationId: Number(row?.['installation_id']), accountId: 0 };
  await world.untilCompleted(before.jobIds);
  expect(before.said).toMatch(/runners in +repository/);

  await walk('there');
  const { jobIds } = await walk('jobs');
  const [app = 0, web = 0, docs = 0] = jobIds;
  await world.untilJob(globex, docs, { state: 'done', reason: 'repository-not-allowed' });
  await world.untilCompleted([app, web]);

  const more = await walk('more');
  await world.reconcile();
  await world.untilCompleted(more.jobIds);
  // The job that was refused may start by now: no machine of the organization is left to take one of those that follow.
  await world.untilRest();

  const back = await walk('back');
  await world.untilCompleted(back.jobIds);
  await world.untilRest();
  expect(await homesOf(globex, [...before.jobIds, app, web, ...more.jobIds, ...back.jobIds])).toEqual([
    'repository',
    'organization ci',
    'organization ci',
    'organization ci',
    'repository',
  ]);
  expect(back.said).toMatch(/group-kept-in-step by reconciler/);
  expect(back.said).toMatch(/rolled-back-to-2 by arn:.*: ticket 4712/);
  expect(world.trouble()).toEqual([]);
});

it('runs each command of the page about tenants', async () => {
  world.laptop.github.addRepositories(acme.installationId, ['web']);
  const blocks = [...read('docs/TENANTS.md').matchAll(/```bash\n([\s\S]*?)```/g)].map(
    ([, block = '']) => block,
  );
  const lines = blocks.flatMap(linesOf).filter((line) => line.startsWith('npx mayfly '));
  expect(lines.length).toBeGreaterThan(15);
  // Shown again and again until Ctrl-C: once is enough here.
  const ran = await runLines(
    world,
    lines.map((line) => line.replace(' --watch', '')),
  );
  // A check may fail: the page names a group that is not there. What the caller must correct is 2.
  expect(ran.filter(({ status }) => status === 2)).toEqual([]);
  await world.untilRest();
  expect(world.trouble()).toEqual([]);
});
