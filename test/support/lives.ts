/**
 * Lives in which everything that is measured happens once: each plays a part of the platform on in-memory ports, and
 * returns its log. Together they emit every metric of the catalogue, with which tests compare them.
 */
import { withDirectInvocation } from '../../lib/adapters/sqs/direct-invocation.ts';
import { budgetedGitHub } from '../../lib/app/common/budgeted-github.ts';
import { emitComparison } from '../../lib/app/reconciler/emit-comparison.ts';
import { syncRunners } from '../../lib/app/runner-syncer/sync-runners.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemoryRunnerBinaries } from '../fakes/runner-binaries.ts';
import { createMemoryRunnerReleases } from '../fakes/runner-releases.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../fakes/telemetry.ts';
import { givenApi } from './admission-api.ts';
import { givenRules, putControllers } from './controllers.ts';
import { acme, givenEvent, givenTenant, givenTier, noon } from './given.ts';
import { givenPlatform, type Platform } from './platform.ts';
import { givenDelivery, givenWebhook } from './webhook-endpoint.ts';

const unavailable = new OperationalError('It was told to fail.', {
  code: 'ServiceUnavailable',
  retryable: true,
});

async function atTheWebhook() {
  const webhook = givenWebhook();
  await webhook.deliver('workflow_job', givenDelivery(), 'forged');
  await webhook.deliver('star', givenDelivery());
  webhook.queues.failNext(1);
  await webhook.deliver('workflow_job', givenDelivery());
  return webhook.telemetry;
}

async function aFactThatLifecycleDoesNotTake() {
  const [clock, telemetry] = [createMemoryClock(noon), createMemoryTelemetry()];
  const { sendToLifecycle } = withDirectInvocation({
    lambda: { call: () => Promise.reject(unavailable) },
    queues: createMemoryQueues(),
    functionName: 'test-lifecycle',
    ...{ clock, telemetry },
  });
  for (const job of [1, 2, 3]) {
    await sendToLifecycle(givenEvent({ action: 'in_progress', jobId: JobId(job) }));
    clock.advance(3_000);
  }
  return telemetry;
}

async function runJob(platform: Platform, job: number) {
  await platform.accept(givenEvent({ jobId: JobId(job) }));
  const machine = platform.liveMachines().at(-1)!;
  platform.clock.advance(30_000);
  await platform.claim(machine);
  platform.clock.advance(1_000);
  await platform.confirm(machine);
  platform.clock.advance(2_000);
  return machine;
}

async function anOrdinaryJob() {
  const platform = await givenPlatform();
  const runnerName = await runJob(platform, 1);
  await platform.follow(givenEvent({ action: 'in_progress', runnerName }));
  await platform.sweep();
  await platform.follow(givenEvent({ action: 'completed', runnerName, conclusion: 'success' }));
  return platform.telemetry;
}

async function aComparisonWithTheBill() {
  const { ledger, world } = createMemoryStores();
  world.rows.comparisons.set('last', { comparedAt: noon, lastDay: '2026-11-19', daysApart: 3 });
  const telemetry = createMemoryTelemetry();
  await emitComparison({ usage: ledger, telemetry, clock: createMemoryClock(noon) });
  return telemetry;
}

async function aMachineWithoutAPrice() {
  const tiers = [givenTier({ instanceTypes: ['m5.metal'] })];
  const platform = await givenPlatform({ deployment: { tiers } });
  await platform.accept(givenEvent());
  await platform.machineEnds(platform.liveMachines()[0]!);
  return platform.telemetry;
}

async function aControlledJob() {
  const platform = await givenPlatform();
  const inDryRun = givenRules({ id: 'ctl_2', state: 'dry_run' }, 'true');
  const url = 'https://controller.example/';
  const asked = givenRules({ id: 'ctl_3', state: 'dry_run', transport: { kind: 'https', url } });
  await putControllers(platform.controllers, givenRules({}, 'false'), inDryRun, asked);
  await platform.accept(givenEvent());
  await platform.deliverAdmission();
  return platform.telemetry;
}

async function aControllerThatPolls() {
  const { given, call, platform } = await givenApi();
  const { body } = await call('POST', `/controllers/${await given()}/tokens`, { body: {} });
  await call('GET', '/questions', { token: body.token });
  return platform.telemetry;
}

async function atClaim() {
  const platform = await givenPlatform();
  await platform.accept(givenEvent({ jobId: JobId(1) }), givenEvent({ jobId: JobId(2) }));
  const [first, second] = platform.liveMachines();
  await platform.confirm(first!);
  await platform.claim(first!);
  await platform.claim(first!, 'f'.repeat(32));
  await platform.follow(givenEvent({ jobId: JobId(2), action: 'completed', conclusion: 'cancelled' }));
  const refusal = { kind: 'forbidden', message: 'no' } as const;
  platform.github.failNext('createJitConfig', { refusal }, { refusal });
  await platform.claim(first!);
  await platform.claim(second!);
  return platform.telemetry;
}

/** GitHub gives a machine to a job that may not run. */
async function theStartGate() {
  const platform = await givenPlatform({ tenants: [givenTenant({ allowedRepositories: [11] })] });
  await platform.accept(givenEvent({ repositoryId: 11 }));
  const machine = platform.liveMachines()[0]!;
  await platform.claim(machine);
  await platform.start(machine);
  await platform.confirm(machine);
  const runnerName = machine;
  await platform.follow(givenEvent({ jobId: JobId(2), repositoryId: 12, action: 'in_progress', runnerName }));
  await platform.start(machine);
  return platform.telemetry;
}

async function jobsThatGoWrong() {
  const platform = await givenPlatform();
  platform.compute.dials.loseAnswers = 1;
  await platform.accept('not json', givenEvent({ jobId: JobId(1), repositoryOwnerId: 9 }));
  const { world } = platform.stores;
  world.beforeCall = (call) => {
    if (call !== 'launches.take') return;
    world.setMaxRunners(acme, 1);
    world.beforeCall = undefined;
  };
  const taker = await runJob(platform, 2);
  await platform.accept(givenEvent({ jobId: JobId(3) }));
  await platform.follow(givenEvent({ jobId: JobId(3), action: 'in_progress', runnerName: taker }));
  platform.clock.advance(25 * 3_600_000);
  await platform.sweep();
  return platform.telemetry;
}

async function installations() {
  const platform = await givenPlatform();
  const known = InstallationId(7);
  platform.github.putInstallation(known, {
    accountId: 70,
    accountLogin: 'initech',
    accountType: 'Organization',
    suspended: false,
    permissions: {},
  });
  const events = [known, InstallationId(8)].map((installationId) => ({
    kind: 'installation',
    event: 'installation.created',
    installationId,
    repositoriesRemoved: [],
    delivery: 'd',
  }));
  await applyInstallationEvents(
    platform,
    events.map((event, n) => ({ id: String(n), body: JSON.stringify(event) })),
  );
  return platform.telemetry;
}

/** GitHub removes the registration, as after a job, and sends no webhook about one. */
async function aJobOfAnotherRepository() {
  const platform = await givenPlatform();
  const instanceId = await runJob(platform, 1);
  platform.github.registrations.clear();
  const message = { kind: 'unheard-run', installationId: acme, instanceId };
  await applyInstallationEvents(platform, [{ id: '1', body: JSON.stringify(message) }]);
  return platform.telemetry;
}

async function aBudgetThatIsSpent(): Promise<MemoryTelemetry> {
  const platform = await givenPlatform();
  const telemetry = createMemoryTelemetry();
  const fail = async () => {
    throw unavailable;
  };
  const notes = { ...platform.notes, write: fail, writeIf: fail };
  const github = budgetedGitHub(platform.github, { notes, telemetry, clock: platform.clock });
  platform.github.setBudget(acme, { calls: 0, retryAfterSeconds: 60 });
  await github.getJob(acme, 'acme/app', JobId(1));
  await github.getJob(acme, 'acme/app', JobId(1));
  return telemetry;
}

async function aRunnerProgram(): Promise<MemoryTelemetry> {
  const telemetry = createMemoryTelemetry();
  const releases = createMemoryRunnerReleases();
  releases.publish({ version: '2.337.0' });
  const deps = { releases, telemetry, binaries: createMemoryRunnerBinaries() };
  await syncRunners(deps, { architectures: ['x64'], sha256: {} });
  return telemetry;
}

/** The logs of all lives, by metric. */
export async function emittedMetrics(): Promise<Map<string, MemoryTelemetry['counts']>> {
  const told = await Promise.all(
    [
      atTheWebhook,
      aFactThatLifecycleDoesNotTake,
      anOrdinaryJob,
      aMachineWithoutAPrice,
      aComparisonWithTheBill,
      aControlledJob,
      aControllerThatPolls,
      atClaim,
      theStartGate,
      jobsThatGoWrong,
      installations,
      aJobOfAnotherRepository,
      aBudgetThatIsSpent,
      aRunnerProgram,
    ].map((life) => life()),
  );
  return Map.groupBy(
    told.flatMap(({ counts }) => counts),
    ({ metric }) => metric,
  );
}

/** One job from webhook to end, to measure how much is logged about it. */
export const ordinaryLife = anOrdinaryJob;
