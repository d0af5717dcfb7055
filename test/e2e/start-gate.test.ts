/**
 * A machine that GitHub gives to a job which may not run, on the whole platform: the start gate lets none of its steps begin,
 * those under always() and what actions do before included. It holds where the platform cannot be asked, and a tenant without
 * a list of repositories pays nothing for it. No call is denied on the way.
 */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Account, heldLeases, startWorld, tierLabels, type World } from './support/world.ts';

let world: World;
let acme: Account;
/** Called as soon as GitHub says that a job began: before its hook asks. */
let onStart: (() => void) | undefined;
beforeAll(async () => {
  world = await startWorld({
    onEvent: ({ kind, text }) => {
      if (kind === 'github' && text === 'job-started') onStart?.();
    },
  });
  // However slow this machine is.
  world.laptop.ec2.setDials({ gateSeconds: 240 });
  acme = await world.install('acme');
  world.laptop.github.addRepositories(acme.installationId, ['other']);
});
afterEach(() => {
  onStart = undefined;
  world.laptop.endpoint.dials.clear();
});
afterAll(() => world?.close());

const steps = [
  { name: 'prepare', stage: 'pre' },
  { name: 'build' },
  { name: 'clean', condition: 'always()' },
] as const;
const allSteps = steps.map(({ name }) => name);
const queue = (repository: string) =>
  world.laptop.github.queueJob({ repository, labels: tierLabels('small'), steps }).jobId;
const onGitHub = (jobId: number) => world.laptop.github.state().jobs.find(({ id }) => id === jobId);

async function allowOnly(account: Account, repository: string) {
  const { jobId } = world.laptop.github.queueJob({
    repository,
    labels: tierLabels('small'),
    milliseconds: 1,
  });
  await world.untilCompleted([jobId]);
  await world.untilRest();
  const row = await world.job(account, jobId);
  await world.operator.dynamo.send(
    new UpdateItemCommand({
      TableName: world.laptop.tables.tenants,
      Key: { installation_id: { N: String(account.installationId) } },
      UpdateExpression: 'SET allowed_repositories = :ids',
      ExpressionAttributeValues: { ':ids': { L: [{ N: String(row?.['repository_id']) }] } },
    }),
  );
}

it('makes no call for a tenant whose jobs may all run', async () => {
  await allowOnly(acme, 'acme/app');
  const globex = await world.install('globex');
  const jobId = queue('globex/app');
  await world.untilCompleted([jobId]);
  await world.untilRest();

  expect(onGitHub(jobId)).toMatchObject({ conclusion: 'success', begun: allSteps, log: [] });
  expect(world.logged('start-admitted')).toEqual([]);
  expect(await world.job(globex, jobId)).not.toHaveProperty('start_refusal');
});

it("runs no step of a refused job that GitHub gives another job's machine; that job gets the next one", async () => {
  // It is refused a machine, and stays the oldest that waits at GitHub.
  const refused = queue('acme/other');
  await world.untilJob(acme, refused, { state: 'done', reason: 'repository-not-allowed' });
  const planned = queue('acme/app');
  await world.untilCompleted([refused, planned]);
  await world.untilRest();

  const log = onGitHub(refused)?.log ?? [];
  expect(onGitHub(refused)).toMatchObject({ conclusion: 'failure', begun: [] });
  expect(log.filter((line) => line.startsWith('##[error]'))).toContainEqual(
    expect.stringMatching(/^##\[error\]The operator does not allow jobs of acme\/other for acme/),
  );
  expect(await world.job(acme, refused)).toMatchObject({
    state: 'done',
    conclusion: 'failure',
    start_refusal: { code: 'repository-not-allowed' },
  });
  expect(world.logged('start-rejected')).toMatchObject([
    { jobId: refused, plannedJobId: planned, GatesDisagree: 1, reason: 'repository-not-allowed' },
  ]);
  expect(onGitHub(planned)).toMatchObject({ conclusion: 'success', begun: allSteps });
  expect(onGitHub(planned)?.runnerName).not.toBe(onGitHub(refused)?.runnerName);
  expect(heldLeases(await world.tenant(acme))).toBe(0);
  expect(world.trouble()).toEqual([]);
});

it('lets no step run if the platform cannot be asked', async () => {
  world.laptop.ec2.setDials({ gateSeconds: 3 });
  onStart = () => {
    const error = { code: 'InternalServerError', status: 500 };
    const failing = { service: 'dynamodb', caller: 'my-saas-claim', error };
    world.laptop.endpoint.dials.set(['GetItem', 'BatchGetItem'].map((action) => ({ ...failing, action })));
  };
  const jobId = queue('acme/app');
  await world.untilCompleted([jobId]);
  world.laptop.endpoint.dials.clear();
  await world.untilRest();

  expect(onGitHub(jobId)).toMatchObject({ conclusion: 'failure', begun: [] });
  expect(onGitHub(jobId)?.log).toContainEqual(expect.stringContaining('No decision on whether'));
  expect(heldLeases(await world.tenant(acme))).toBe(0);
});
