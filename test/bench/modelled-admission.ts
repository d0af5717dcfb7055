/**
 * Admission controllers in virtual time: how much those of one tenant delay others, or a dry run delays its own jobs,
 * if calls and controllers take the given times.
 */
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { createMemoryStores } from '../fakes/stores.ts';
import { givenController, givenScope } from '../support/controllers.ts';
import { noon } from '../support/given.ts';
import { createModelledPlatform, type PlatformShape } from './modelled-platform.ts';

export interface AdmissionShape extends Omit<PlatformShape, 'tenants'> {
  /** Jobs of the first tenant, the one with controllers; the others have one job each. */
  readonly jobs: number;
  readonly others: number;
  readonly controllers: readonly Controller[];
  /** Each of the others has its own controller behind a URL, which takes this many milliseconds. Absent: none. */
  readonly othersAnswerAfter?: number;
  /** Milliseconds that each controller behind a URL takes; absent: it never answers. */
  readonly answersAfter?: number;
}

export interface ModelledAdmission {
  /** Seconds from the first webhook to the last launch, for the tenant with controllers. */
  readonly own: number;
  /** The same for the others. */
  readonly others: number;
  /** The longest time from the first question of one of the others to the call of its controller; 0: they have none. */
  readonly othersCalled: number;
}

/** The tenant that has controllers. */
export const controlled = InstallationId(1);

export async function modelAdmission(shape: AdmissionShape): Promise<ModelledAdmission> {
  const { jobs, others, othersAnswerAfter, ...platformShape } = shape;
  const platform = await createModelledPlatform({ ...platformShape, tenants: others + 1 });
  const { scheduler, stores, callbacks } = platform;
  await putControllers(stores, shape.controllers);
  const waits = [0];
  for (let n = 0; othersAnswerAfter !== undefined && n < others; n++) {
    const owner = InstallationId(2 + n);
    const own = controllerOf(owner);
    await putControllers(stores, [own]);
    callbacks.controllers.set(urlOf(own), async () => {
      waits.push(scheduler.now() - (platform.seen.firstQuestionAt.get(owner) ?? noon));
      await scheduler.sleep(othersAnswerAfter);
      return { kind: 'answered', vote: 'admit' };
    });
  }
  // Loading takes real time, and none may pass here.
  await platform.loadRules();
  for (const { transport, timeoutMilliseconds } of shape.controllers) {
    if (transport.kind !== 'https') continue;
    callbacks.controllers.set(transport.url, async () => {
      await scheduler.sleep(shape.answersAfter ?? timeoutMilliseconds);
      return shape.answersAfter === undefined
        ? { kind: 'failed', why: 'no answer in time', isTimeout: true }
        : { kind: 'answered', vote: 'admit' };
    });
  }
  platform.queueJobs(tenantsInTurn(shape));
  await platform.runUntilServed(jobs + others, 120);
  const launched = stores.world.allLaunches();
  const lastOf = (isOf: (tenant: InstallationId) => boolean) =>
    Math.max(
      ...launched.filter(({ installationId }) => isOf(installationId)).map(({ createdAt }) => createdAt),
    );
  return {
    own: (lastOf((tenant) => tenant === controlled) - noon) / 1000,
    others: others === 0 ? 0 : (lastOf((tenant) => tenant !== controlled) - noon) / 1000,
    othersCalled: Math.max(...waits) / 1000,
  };
}

/** The others' jobs come in between. */
const tenantsInTurn = ({ jobs, others }: AdmissionShape) =>
  Array.from({ length: jobs + others }, (_, n) => {
    const isOwn = others === 0 || n % Math.ceil((jobs + others) / others) !== 0 || n / jobs > others;
    return isOwn ? 1 : 2 + (n % others);
  });

const controllerOf = (owner: InstallationId) =>
  givenController({
    owner,
    id: `ctl_of_${owner}`,
    state: 'enabled',
    scopes: [givenScope({ kind: 'installation' })],
    transport: { kind: 'https', url: `https://tenant-${owner}.example/` },
  });

const urlOf = ({ transport }: Controller) => (transport.kind === 'https' ? transport.url : '');

/** All controllers of one tenant, created by its administrator. */
export async function putControllers(
  { controllers: store }: Pick<ReturnType<typeof createMemoryStores>, 'controllers'>,
  controllers: readonly Controller[],
): Promise<void> {
  const [first] = controllers;
  if (!first) return;
  const { owner } = first;
  const from = await store.policyOf(owner);
  if ((await store.save(from, { put: controllers, remove: [] })) !== 'saved')
    throw new Error('The controllers were not saved.');
  const createdAt = new Date(noon).toISOString();
  const put = [{ id: 'sec_1', value: 'whsec_b2xk', createdAt }];
  for (const { id, transport } of controllers) {
    if (transport.kind === 'https') await store.saveSecrets(owner, id, { from: [], put });
  }
}
