/** What one run of the admission function takes on while controllers keep it waiting. */
import { describe, expect, it } from '@jest/globals';
import { askArrivals } from '../../lib/app/admission/ask-arrivals.ts';
import { githubAnswerMilliseconds, takesQuestionsWithinMilliseconds } from '../../lib/app/common/settings.ts';
import { functionSettings } from '../../lib/contract/functions.ts';
import { controllerBounds } from '../../lib/core/controllers/controller.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { createMemoryQueueArrivals } from '../fakes/arrivals.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createScheduler } from '../sim/scheduler.ts';
import { givenController, givenScope } from '../support/controllers.ts';
import { acme, givenEvent, givenTenant, noon } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const globex = InstallationId(102);
const urlOf = (tenant: InstallationId) => `https://tenant-${tenant}.example/`;
const admit = { kind: 'answered', vote: 'admit' } as const;

const broken = new OperationalError('The queue was told to fail.', { code: 'Test', retryable: true });
const brokenArrivals = {
  take: () => Promise.reject(broken),
  done: () => Promise.reject(broken),
  hidden: () => 0,
};

/** Each tenant has a controller; globex's answers, and all others hang until they are told to answer. */
async function givenHanging(...more: InstallationId[]) {
  const all = [acme, globex, ...more];
  const tenants = all.map((installationId) =>
    givenTenant({ installationId, accountId: Number(installationId), maxRunners: 100 }),
  );
  const platform = await givenPlatform({ tenants });
  const answering = Promise.withResolvers<typeof admit>();
  for (const owner of all) platform.callbacks.controllers.set(urlOf(owner), () => answering.promise);
  platform.callbacks.controllers.set(urlOf(globex), () => admit);
  for (const owner of all) {
    const transport = { kind: 'https', url: urlOf(owner) } as const;
    const scopes = [givenScope({ kind: 'installation' })];
    const policy = await platform.controllers.policyOf(owner);
    const controller = givenController({ owner, state: 'enabled', scopes, transport });
    await platform.controllers.save(policy, { put: [controller], remove: [] });
    const put = [{ id: 'sec_1', value: 'whsec_b2xk', createdAt: '2026-11-21T12:00:00.000Z' }];
    await platform.controllers.saveSecrets(owner, 'ctl_1', { from: [], put });
  }
  const { queues } = platform;
  const arrivals = createMemoryQueueArrivals(queues.admission);
  const deps = { ...platform, arrivals, loadGitHub: async () => createMemoryGitHub() };
  const ask = (tenant: InstallationId, n: number) =>
    platform.accept(
      givenEvent({
        installationId: tenant,
        repositoryOwnerId: Number(tenant),
        jobId: JobId(n),
        delivery: `d-${n}`,
      }),
    );
  const run = (over: Partial<typeof deps> = {}) => {
    const handed = queues.admission.splice(0, 10).map((message, n) => ({
      id: `handed-${n}`,
      body: JSON.stringify(message),
    }));
    return askArrivals({ ...deps, ...over }, handed);
  };
  const stateOf = async (n: number, tenant: InstallationId) =>
    (await platform.job(n, tenant))?.admission?.state;
  return { platform, deps, arrivals, ask, run, stateOf, answer: () => answering.resolve(admit) };
}

/** Time that passes only as far as it is told to. */
function givenTime() {
  const { now, sleep, runUntil } = createScheduler(noon);
  return { clock: { now, sleep, advance: () => undefined }, runUntil };
}
/** All that can go on has done so. */
const atRest = async () => {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
};
/** With a limit, so that a wrong bound fails its test and does not hang it. */
const whenTrue = async (isTrue: () => Promise<boolean>) => {
  for (let turns = 0; turns < 5_000; turns++) {
    if (await isTrue()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`It did not become true: ${isTrue}`);
};

describe('while a controller hangs, a run of the admission function', () => {
  it('receives the questions of other tenants, and decides about their jobs', async () => {
    const { platform, arrivals, ask, run, stateOf, answer } = await givenHanging();
    for (let n = 1; n <= 40; n++) await ask(acme, n);
    await ask(globex, 100);
    const running = run();
    await whenTrue(async () => (await stateOf(100, globex)) === 'admitted');
    expect(platform.callbacks.asked.filter(({ url }) => url === urlOf(acme))).toHaveLength(20);
    answer();
    expect(await running).toEqual([]);
    expect(arrivals.hidden()).toBe(0);
  });

  it('returns the messages that still wait when it must end, and loses none', async () => {
    const { platform, arrivals, ask, run, stateOf, answer } = await givenHanging();
    for (let n = 1; n <= 25; n++) await ask(acme, n);
    const began = platform.clock.now();
    const running = run();
    const isEnding = () => platform.clock.now() >= began + 25_000;
    await whenTrue(async () => isEnding() && platform.queues.admission.length === 5);
    expect(platform.clock.now()).toBeLessThan(began + 26_000);
    answer();
    await running;
    expect(arrivals.hidden()).toBe(0);
    expect(platform.queues.admission.map(({ jobId }) => jobId)).toEqual([21, 22, 23, 24, 25]);
    expect(await stateOf(20, acme)).toBe('admitted');
    await run();
    expect(await stateOf(25, acme)).toBe('admitted');
  });

  it('returns those of its own batch’s messages that are still in line when it must end', async () => {
    const { platform, deps, ask, answer } = await givenHanging();
    for (let n = 1; n <= 22; n++) await ask(acme, n);
    const handed = platform.queues.admission.splice(0).map((message) => ({
      id: `handed-${message.jobId}`,
      body: JSON.stringify(message),
    }));
    const began = platform.clock.now();
    const running = askArrivals(deps, handed);
    await whenTrue(async () => platform.clock.now() >= began + 25_000);
    answer();
    expect(await running).toEqual(['handed-21', 'handed-22']);
    expect(platform.queues.admission).toEqual([]);
  });

  it('looks for new questions every fifth of a second', async () => {
    const { ask, run, stateOf, answer } = await givenHanging();
    await ask(acme, 1);
    const { clock, runUntil } = givenTime();
    const running = run({ clock });
    await atRest();
    await ask(globex, 100);
    await runUntil(noon + 199);
    await atRest();
    expect(await stateOf(100, globex)).toBe('asked');
    await runUntil(noon + 200);
    await atRest();
    expect(await stateOf(100, globex)).toBe('admitted');
    answer();
    await running;
  });

  it('asks about a hundred jobs at once, however many tenants have controllers that hang', async () => {
    const hanging = [201, 202, 203, 204, 205].map((id) => InstallationId(id));
    const { platform, ask, run, answer } = await givenHanging(...hanging);
    for (const owner of [acme, ...hanging]) {
      for (let n = 1; n <= 20; n++) await ask(owner, Number(owner) * 100 + n);
    }
    const running = run({ clock: givenTime().clock });
    await whenTrue(async () => platform.callbacks.asked.length >= 100);
    await atRest();
    expect(platform.callbacks.asked).toHaveLength(100);
    answer();
    expect(await running).toEqual([]);
    expect(platform.callbacks.asked).toHaveLength(120);
  });

  it('holds a little over a thousand messages in memory, and leaves the others in the queue', async () => {
    const { platform, arrivals, ask, run, answer } = await givenHanging();
    for (let n = 1; n <= 20; n++) await ask(acme, n);
    const { admission } = platform.queues;
    for (let n = 0; n < 1_200; n++) admission.push(admission.at(-1)!);
    const running = run({ clock: givenTime().clock });
    await whenTrue(async () => arrivals.hidden() >= 990);
    await atRest();
    expect(arrivals.hidden()).toBeLessThan(990 + 80);
    answer();
    expect(await running).toEqual([]);
    expect(arrivals.hidden()).toBe(0);
    expect(admission.length).toBeGreaterThan(100);
  });

  it('leaves messages to be redelivered if it cannot send them back', async () => {
    const { platform, arrivals, ask, run, answer } = await givenHanging();
    for (let n = 1; n <= 25; n++) await ask(acme, n);
    const sendToAdmission = () => Promise.reject(broken);
    const running = run({ queues: { ...platform.queues, sendToAdmission } });
    await whenTrue(async () => platform.telemetry.events.some(({ name }) => name === 'queue-failed'));
    answer();
    expect(await running).toEqual([]);
    expect(arrivals.hidden()).toBe(5);
  });
});

describe('a run of the admission function', () => {
  it('does not look for further messages if the controllers answer immediately', async () => {
    const { platform, ask, run, stateOf } = await givenHanging();
    await ask(globex, 1);
    const clock = { ...platform.clock, sleep: () => new Promise<never>(() => undefined) };
    expect(await run({ arrivals: brokenArrivals, clock })).toEqual([]);
    expect(await stateOf(1, globex)).toBe('admitted');
    expect(platform.telemetry.events.filter(({ name }) => name === 'queue-failed')).toEqual([]);
  });

  it('continues with its own batch if it cannot receive from the queue', async () => {
    const { platform, ask, run, stateOf, answer } = await givenHanging();
    await ask(acme, 1);
    const running = run({ arrivals: brokenArrivals });
    await whenTrue(async () => platform.telemetry.events.some(({ name }) => name === 'queue-failed'));
    answer();
    expect(await running).toEqual([]);
    expect(await stateOf(1, acme)).toBe('admitted');
  });

  it('reports the messages that it could not read, and no others', async () => {
    const { platform, ask, run, stateOf } = await givenHanging();
    platform.queues.admission.push({ kind: 'admission' } as never);
    await ask(globex, 1);
    expect(await run()).toEqual(['handed-0']);
    expect(await stateOf(1, globex)).toBe('admitted');
  });
});

it('has time for the job that a run starts last, if GitHub answers late twice and its controller at the last moment', () => {
  const github = 2 * githubAnswerMilliseconds;
  const longest = takesQuestionsWithinMilliseconds + github + controllerBounds.timeoutMilliseconds.most;
  // The rest is for the tables. A lower bound would give up on answers that there is time for.
  expect(longest + 2_000).toBe(functionSettings.admission.timeoutSeconds * 1_000);
});
