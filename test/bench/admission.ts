/**
 * What admission controllers cost: calls and units of a job that has eight of them, the processor time of rules at
 * the queue gate, and how long other tenants, and the jobs of controllers in dry run, wait because of them. Waits are
 * in virtual time.
 */
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { askControllers } from '../../lib/app/admission/ask-controllers.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { JobId } from '../../lib/core/ids.ts';
import { startDynamoAlone } from '../../lib/local/aws/dynamo-front.ts';
import { createTables } from '../contracts/support/dynamo-tables.ts';
import { dynamoStores } from '../contracts/support/store-backends.ts';
import { newTenant } from '../contracts/support/stored.ts';
import { createMemoryCallbacks } from '../fakes/callbacks.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryCompute } from '../fakes/compute.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { createMemorySpotPrices } from '../fakes/spot-prices.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { givenController, givenScope } from '../support/controllers.ts';
import { givenDeployment, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
import { measureDearestChanges } from './dearest-changes.ts';
import { measureDearestRules } from './dearest-rules.ts';
import { judged } from './goals.ts';
import { meteredClient, type UnitMeter } from './metered-client.ts';
import {
  type AdmissionShape,
  controlled,
  type ModelledAdmission,
  modelAdmission,
  putControllers,
} from './modelled-admission.ts';
import { latencies } from './platform.ts';
import { median, type Report, type Result } from './result.ts';
import type { Size } from './size.ts';

/** No rule here uses facts that only GitHub has. */
const loadGitHub = async () => createMemoryGitHub();

const copies = 5;
/** Seeds of the random part: the waits of two runs differ by more than what is measured. */
const seeds = [1, 2, 3];
const limit = 1000;
const each = 8;
/** The most controllers that one job may have. */
const eight = Array.from({ length: each }, (_, n) => n);

const enabled = (n: number, over: Partial<Controller>) =>
  givenController({
    owner: controlled,
    id: `ctl_${n}`,
    state: 'enabled',
    scopes: [givenScope({ kind: 'installation' })],
    ...over,
  });
const byRules = eight.map((n) =>
  enabled(n, {
    transport: {
      kind: 'rules',
      rules: [{ reject: `job.tier == "huge" || repository.name.startsWith("other-${n}/")`, reason: 'No.' }],
    },
  }),
);
const byHttps = eight.map((n) => enabled(n, { transport: { kind: 'https', url: `https://c${n}.example/` } }));

export async function measureAdmission(size: Size): Promise<Report> {
  // In a process as fresh as the one that meets such rules.
  const dearest = [...measureDearestRules(size), ...measureDearestChanges(size)];
  return {
    results: [
      ...(await waits(size)),
      ...(await countedCosts(size)),
      judged('rules at the queue gate, processor time added', await processorTimeOfRules(size), 'ms a job'),
      ...dearest,
    ],
    notes: [
      `Waits: ${size.controlledJobs} jobs of one tenant with ${each} controllers beside ${size.besideTenants} tenants with a job ` +
        'each, against the same without controllers; in virtual time, where processors take none and queues keep strict order. ' +
        `Means of ${seeds.length} runs, which differ in what is left to chance.`,
      'A job with a controller in dry run waits for the read of the policy, once for each copy and policy, and for nothing else.',
      `Calls and units: ${size.admittedJobs} jobs one by one, through the real stores, up to the last decision, against the same ` +
        'without controllers. A controller behind a URL is a question that is written, answered and kept, each a write.',
    ],
  };
}

type Wait = (over: Partial<AdmissionShape>) => Promise<ModelledAdmission>;

async function waits(size: Size): Promise<Result[]> {
  const shape = { jobs: size.controlledJobs, others: size.besideTenants, copies, latencies };
  const wait: Wait = async (over) => {
    const runs = await Promise.all(
      seeds.map((seed) => modelAdmission({ ...shape, seed, controllers: [], ...over })),
    );
    const mean = (of: keyof ModelledAdmission) => runs.reduce((sum, run) => sum + run[of], 0) / runs.length;
    return { own: mean('own'), others: mean('others'), othersCalled: mean('othersCalled') };
  };
  const none = await wait({});
  const rules = await wait({ controllers: byRules });
  const https = await wait({ controllers: byHttps, answersAfter: 100 });
  const silent = await wait({ controllers: byHttps.map((one) => ({ ...one, onFailure: 'admit' })) });
  const [first] = byHttps;
  const dryRun = { jobs: 1, others: 0, controllers: [{ ...first!, state: 'dry_run' as const }] };
  const answered = await wait({ ...dryRun, answersAfter: 0 });
  const unanswered = await wait(dryRun);
  const without = await wait({ jobs: 1, others: 0 });
  const more = (what: string, { others }: { others: number }) =>
    judged(`${what}: wait of others, added`, others - none.others, 's');
  return [
    judged('others without controllers beside them', none.others, 's'),
    more('8 rules a job', rules),
    more('8 controllers behind URLs', https),
    more('8 controllers that never answer', silent),
    ...(await waitsOfOwnControllers(wait)),
    judged('a dry run that never answers: wait added', (unanswered.own - answered.own) * 1000, 'ms'),
    judged('a controller in dry run: wait added', (unanswered.own - without.own) * 1000, 'ms'),
  ];
}

/** Each of the others has a controller that answers after 100 ms; the first tenant's eight let each call time out. */
async function waitsOfOwnControllers(wait: Wait): Promise<Result[]> {
  const own = { othersAnswerAfter: 100 };
  const none = await wait(own);
  const hanging = byHttps.map((one) => ({
    ...one,
    onFailure: 'admit' as const,
    timeoutMilliseconds: 10_000,
  }));
  const results = [];
  for (const [what, state] of [
    ['8 controllers that hang', 'enabled'],
    ['the same in dry run', 'dry_run'],
  ] as const) {
    const beside = await wait({ ...own, controllers: hanging.map((one) => ({ ...one, state })) });
    results.push(
      judged(`${what}: call of others' controllers, later by`, beside.othersCalled - none.othersCalled, 's'),
      judged(`${what}: wait of others with controllers, added`, beside.others - none.others, 's'),
    );
  }
  return results;
}

interface Cost {
  readonly calls: number;
  readonly written: number;
}

async function countedCosts(size: Size): Promise<Result[]> {
  const none = await costOf(size, []);
  const rules = await costOf(size, byRules);
  const https = await costOf(size, byHttps);
  const perJob = (cost: Cost, what: 'calls' | 'written') => (cost[what] - none[what]) / size.admittedJobs;
  return [
    judged('8 rules a job: calls added', perJob(rules, 'calls'), 'calls a job'),
    judged('8 rules a job: write units added', perJob(rules, 'written'), 'write units'),
    judged('8 controllers behind URLs: calls added', perJob(https, 'calls'), 'calls a job'),
    judged('8 controllers behind URLs: write units added', perJob(https, 'written'), 'write units'),
  ];
}

/** With jobs that come one by one, since the jobs of a batch share calls. */
async function costOf(size: Size, controllers: readonly Controller[]): Promise<Cost> {
  const engine = await startDynamoAlone();
  const meter: UnitMeter = { read: 0, written: 0, calls: 0 };
  const client = meteredClient(engine.url, meter);
  try {
    const stores = dynamoStores(client, await createTables(client, 'admission'));
    await stores.tenants.create(newTenant({ installationId: controlled, accountId: 1, maxRunners: limit }));
    await putControllers(stores, controllers);
    const gate = createGate(stores);
    await gate.accept(1);
    const before = { ...meter };
    for (let n = 2; n <= size.admittedJobs + 1; n++) await gate.accept(n);
    return { calls: meter.calls - before.calls, written: meter.written - before.written };
  } finally {
    client.destroy();
    await engine.close();
  }
}

/** Scale-up and admission; whatever they send to each other is delivered at once. */
function createGate(stores: Pick<ReturnType<typeof createMemoryStores>, 'tenants' | 'jobs'> & Stores) {
  const clock = createMemoryClock(noon);
  const queues = createMemoryQueues();
  const compute = createMemoryCompute(clock.now);
  const callbacks = createMemoryCallbacks();
  for (const { transport } of byHttps) {
    if (transport.kind === 'https')
      callbacks.controllers.set(transport.url, () => ({ kind: 'answered', vote: 'admit' }));
  }
  const deps = {
    ...stores,
    deployment: givenDeployment({ tiers: [givenTier({ maxRunners: limit })] }),
    subnets: [{ subnetId: 'subnet-a', zone: 'us-east-1a' }],
    spotPrices: createMemorySpotPrices(),
    telemetry: createMemoryTelemetry(),
    clock,
    chance: createMemoryChance(7),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock }) }),
    loadRules: createRulesLoader(),
    notes: createMemoryNotes(),
    compute,
    queues,
    callbacks,
  };
  let deliveries = 0;
  const wrapped = (messages: readonly unknown[]) =>
    messages.map((message) => ({ id: `m-${++deliveries}`, body: JSON.stringify(message) }));
  return {
    async accept(from: number, to = from) {
      const jobs = Array.from({ length: to - from + 1 }, (_, n) => JobId(from + n));
      const ids = { installationId: controlled, repositoryOwnerId: 1 };
      const events = jobs.map((jobId) =>
        givenEvent({ ...ids, jobId, queuedAt: noon, delivery: `d-${jobId}` }),
      );
      await acceptJobs(deps, wrapped(events));
      while (queues.admission.length > 0) {
        clock.advance(10);
        await askControllers({ ...deps, loadGitHub }, wrapped(queues.admission.splice(0)));
        await acceptJobs(deps, wrapped(queues.tiers.splice(0).map(({ message }) => message)));
      }
      const machines = compute.live().length;
      if (machines !== to) throw new Error(`${machines} machines started for ${to} jobs.`);
      // The other messages are not about machines.
      queues.tiers.splice(0);
    },
  };
}

type Stores = Pick<
  ReturnType<typeof createMemoryStores>,
  'tenants' | 'jobs' | 'launches' | 'runners' | 'controllers' | 'questions'
>;

/** Batches of ten, alternately with and without rules, so that other load on the machine affects both. */
async function processorTimeOfRules({ ruleRounds }: Size): Promise<number> {
  const gates = await Promise.all(
    [[], byRules].map(async (controllers) => {
      const stores = createMemoryStores();
      await stores.tenants.create(
        givenTenant({ installationId: controlled, accountId: 1, maxRunners: limit }),
      );
      await putControllers(stores, controllers);
      return { gate: createGate(stores), spent: [] as number[] };
    }),
  );
  const batch = 10;
  for (let round = 0; round <= ruleRounds; round++) {
    for (const { gate, spent } of gates) {
      const before = process.cpuUsage();
      await gate.accept(round * batch + 1, (round + 1) * batch);
      const { user, system } = process.cpuUsage(before);
      // The first one loads and compiles the code.
      if (round > 0) spent.push((user + system) / 1000 / batch);
    }
  }
  const [without, withRules] = gates.map(({ spent }) => median(spent));
  return withRules! - without!;
}
