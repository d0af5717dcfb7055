/**
 * The functions as AWS runs them: the real use cases, each run a process with its own slightly wrong clock, started
 * by queues and schedules. Messages that they send are taken out of the fake's queues and delivered by the simulated
 * ones.
 */
import { askArrivals } from '../../../lib/app/admission/ask-arrivals.ts';
import { type Circuits, withCircuitBreaker } from '../../../lib/app/admission/circuit-breaker.ts';
import {
  answerQuestion,
  type Fetched,
  fetchQuestions,
  type Polling,
} from '../../../lib/app/admission-api/answer-questions.ts';
import type { Faulty } from '../../../lib/app/admission-api/fault.ts';
import { createLongPolls } from '../../../lib/app/admission-api/long-polls.ts';
import { answerStart, type StartResult } from '../../../lib/app/claim/answer-start.ts';
import { type ClaimResult, claimJob } from '../../../lib/app/claim/claim-job.ts';
import { confirmClaim } from '../../../lib/app/claim/confirm-claim.ts';
import type { Delivery } from '../../../lib/app/common/batch.ts';
import { followLifecycle } from '../../../lib/app/lifecycle/follow-lifecycle.ts';
import { reconcile } from '../../../lib/app/reconciler/reconcile.ts';
import { acceptArrivals } from '../../../lib/app/scale-up/accept-arrivals.ts';
import { sweep } from '../../../lib/app/sweep/sweep.ts';
import { applyInstallationEvents } from '../../../lib/app/tenants/apply-installation-events.ts';
import type { FunctionName } from '../../../lib/contract/functions.ts';
import type { MachineRequest } from '../../../lib/contract/machine.ts';
import type { JobEvent } from '../../../lib/contract/messages.ts';
import {
  type QueueReader,
  receivesBeforeDeadLetter,
  visibilitySeconds,
} from '../../../lib/contract/redelivery.ts';
import { longPollBounds } from '../../../lib/core/controllers/long-polls.ts';
import type { Arrivals, QueueArrivals } from '../../../lib/ports/arrivals.ts';
import type { Callbacks } from '../../../lib/ports/callbacks.ts';
import type { GivenAnswer } from '../../../lib/ports/questions.ts';
import { createCopies } from './copies.ts';
import { type Parts, type PartsDeps, partsOf } from './parts.ts';
import type { Ports } from './ports.ts';
import { type Running, startProcess } from './process.ts';
import { createSimulatedQueue, type SimulatedQueue } from './queue.ts';
import { createWebhookCopies } from './webhook-copies.ts';

export interface ControlPlane {
  /** Delivers GitHub's event about a job, signed and routed. */
  receive(event: JobEvent): void;
  /** Delivers EC2's event about a machine. */
  toLifecycle(message: unknown): void;
  toInstallations(message: unknown): void;
  /** Undefined: the machine got no answer, or an error. */
  claim(request: MachineRequest): Promise<ClaimResult | undefined>;
  confirm(request: MachineRequest): Promise<boolean | undefined>;
  /** Undefined: as above. */
  start(request: MachineRequest): Promise<StartResult | undefined>;
  /** A polling controller's call with its token. Undefined: as above. */
  fetchQuestions(polling: Polling, waitSeconds: number): Promise<Fetched | undefined>;
  /** Undefined: as above. */
  answerQuestion(
    polling: Polling,
    answer: GivenAnswer & { readonly id: string },
  ): Promise<'taken' | Faulty['fault']['kind'] | undefined>;
  sweep(): void;
  reconcile(): void;
  messagesLeft(): number;
}

export interface ControlPlaneDeps extends Omit<PartsDeps, 'copies'> {
  /** With this seed the operator has controllers over all tenants. */
  readonly hasPlatformControllers?: boolean;
  /** The run's seed; absent: no part of it is drawn by seed. */
  readonly seed?: number;
}

export function createControlPlane(given: ControlPlaneDeps): ControlPlane {
  const { ports, deployment, scheduler, random } = given;
  const deps: PartsDeps = given.hasPlatformControllers ? { ...given, copies: createCopies(given) } : given;
  const slowestPollMilliseconds = random.pick([10, 50, 300]);

  type Use = (parts: Parts, deliveries: readonly Delivery[]) => Promise<string[]>;

  /** Runs each batch in a process of its own. */
  const batches = (name: QueueReader, use: Use) => (deliveries: readonly Delivery[]) => {
    const cause = deliveries.map(({ body }) => body);
    const process = startProcess(deps, { name, cause });
    deps.log.add(() => `${name}#${process.id} gets ${cause.join(' ')}`);
    return runIn(process, (parts) => use(parts, deliveries));
  };

  const fed = (name: QueueReader, use: Use, onDone?: (body: string) => void) =>
    createSimulatedQueue({
      ...deps,
      ...(onDone ? { onDone } : {}),
      name,
      visibilitySeconds: visibilitySeconds(name),
      mostReceives: receivesBeforeDeadLetter(name),
      slowestPollMilliseconds,
      handle: batches(name, use),
    });

  const tiers = new Map<string, SimulatedQueue>(
    deployment.tiers.map(({ name }) => [name, fed('scale-up', acceptArrivals, deps.auditor.messageDone)]),
  );
  const lifecycle = fed('lifecycle', followLifecycle);
  const installations = fed('tenant-manager', applyInstallationEvents);
  /** What its copies know about controllers; here all copies are one process that lives forever. */
  const circuits: Circuits = new Map();
  const admission: SimulatedQueue = fed('admission', (parts, deliveries) =>
    askArrivals(
      {
        ...parts,
        callbacks: reportingSkips(deps, parts, circuits),
        loadGitHub: async () => parts.github,
        arrivals: parts.questionArrivals,
      },
      deliveries,
    ),
  );

  /** The fake keeps sent messages; here they are delivered. */
  const sending: Ports['queues'] = {
    ...ports.queues,
    sendToTier: async (tier, message, options) => tiers.get(tier)?.send(message, options?.delaySeconds),
    sendToLifecycle: async (message) => lifecycle.send(message),
    sendToCompletions: async (message) => lifecycle.send(message),
    sendToAdmission: async (message, options) => admission.send(message, options?.delaySeconds),
    sendToInstallations: async (message, options) => installations.send(message, options?.delaySeconds),
  };

  const arrivals: Arrivals = {
    take: async (tier) => tiers.get(tier)?.take() ?? [],
    done: async (tier, taken) => tiers.get(tier)?.done(taken),
  };
  const questionArrivals: QueueArrivals = {
    take: async () => admission.take(),
    done: async (taken) => admission.done(taken),
  };
  const messages = { queues: sending, arrivals, questionArrivals };
  const webhook = createWebhookCopies(
    {
      ...deps,
      telemetry: ports.telemetry,
      queues: sending,
      runLifecycle: batches('lifecycle', followLifecycle),
    },
    given.seed,
  );

  function runIn<Result>(process: Running, use: (parts: Parts) => Promise<Result>): Promise<Result> {
    const running = use(partsOf(deps, process, messages));
    const { copies } = deps;
    if (copies) {
      const rest = () => copies.rest(process);
      running.then(rest, rest);
    }
    return running;
  }

  /** A function behind a URL: if it throws or dies, its caller gets no answer. */
  async function answerUrl<Result>(
    how: string,
    start: { readonly name: FunctionName; readonly cause: string },
    use: (parts: Parts) => Promise<Result>,
  ): Promise<Result | undefined> {
    const process = startProcess(deps, { name: start.name, cause: [start.cause] });
    const givenUp = scheduler.sleep(30_000).then(() => undefined);
    const answered = runIn(process, use).catch((error: unknown) => deps.auditor.thrown(how, error));
    return Promise.race([answered, givenUp]);
  }

  const ofMachine = ({ document }: MachineRequest) => ({ name: 'claim', cause: document }) as const;
  const ofController = ({ controllerId }: Polling) =>
    ({ name: 'admission-api', cause: controllerId }) as const;

  return {
    receive: webhook.receive,
    toLifecycle: lifecycle.send,
    toInstallations: installations.send,
    claim: (request) => answerUrl('claim', ofMachine(request), (parts) => claimJob(parts, request)),
    confirm: (request) => answerUrl('confirm', ofMachine(request), (parts) => confirmClaim(parts, request)),
    start: (request) => answerUrl('start', ofMachine(request), (parts) => answerStart(parts, request)),
    fetchQuestions: (polling, waitSeconds) =>
      answerUrl('fetch', ofController(polling), (parts) =>
        fetchQuestions(asking(parts), polling, waitSeconds),
      ),
    answerQuestion: (polling, answer) =>
      answerUrl('answer', ofController(polling), async (parts) => {
        const refused = await answerQuestion(asking(parts), polling, answer);
        return refused?.fault.kind ?? 'taken';
      }),
    sweep() {
      const process = startProcess(deps, { name: 'sweep', cause: ['sweep'] });
      const isDone = deps.auditor.sweepBegins();
      runIn(process, sweep).then(isDone, (error: unknown) => deps.auditor.thrown('sweep', error));
    },
    reconcile() {
      const process = startProcess(deps, { name: 'reconciler', cause: ['reconcile'] });
      runIn(process, reconcile).catch((error: unknown) => deps.auditor.thrown('reconciler', error));
    },
    messagesLeft: () =>
      [...tiers.values(), lifecycle, installations, admission].reduce(
        (sum, queue) => sum + queue.left(),
        webhook.callsUnderWay(),
      ),
  };
}

const asking = (parts: Parts) => ({
  ...parts,
  longPolls: createLongPolls(parts, longPollBounds(undefined)),
});

/** Reports skipped controllers to the auditor, which knows whether they were really silent. */
function reportingSkips(
  { auditor, scheduler }: PartsDeps,
  { callbacks, clock }: Pick<Parts, 'callbacks' | 'clock'>,
  circuits: Circuits,
): Callbacks {
  const { policies } = auditor.ledger;
  return {
    async ask(callback) {
      const { controller, facts } = callback.body;
      const of = { controllerId: controller, tenant: callback.installationId };
      let isCalled = false;
      const called: Callbacks = {
        ask: (same) => {
          isCalled = true;
          policies.tried(of);
          return callbacks.ask(same);
        },
      };
      const answer = await withCircuitBreaker(called, { clock, circuits }).ask(callback);
      const about = { ...of, jobId: facts.job.id, askedAt: scheduler.now() };
      if (!isCalled && !policies.wasSilent(of))
        auditor.note(
          'skipped-without-timeouts',
          `${controller} was skipped for ${of.tenant}, but had answered in time`,
        );
      if (!isCalled) policies.skipped(about);
      else policies.heard(of, answer.kind === 'failed' && answer.isTimeout === true);
      return answer;
    },
  };
}
