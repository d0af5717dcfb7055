/**
 * Handles a batch of facts: GitHub's about jobs, and EC2's about machines. The rows follow them; a late fact changes
 * nothing. Machines whose job is done are terminated together. Only a machine's proven end frees its lease: a job's
 * report alone never does, or a hostile job could report itself done and keep a machine for free.
 */
import { type InstanceEvent, type JobEvent, type Message, parseMessage } from '../../contract/messages.ts';
import { type InstanceId, instanceNamed } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { RanJob } from '../../core/usage.ts';
import type { OperationalError } from '../../ports/errors.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { Batch, type Delivery } from '../common/batch.ts';
import type { LifecycleDeps } from '../common/deps.ts';
import { tenantByTenant } from '../common/tenant-by-tenant.ts';
import type { DoneLine } from '../ending/done-line.ts';
import { drainTenant } from '../ending/drain-tenant.ts';
import { endEach } from '../ending/end-runners.ts';
import { hasEndedHere } from '../ending/ended-here.ts';
import { type Ending, hasEnded } from '../ending/ending.ts';
import { askWhatItRan, noteHeardRun } from './ask-what-it-ran.ts';
import { followSpotWarning, rerunIfTakenBack } from './follow-spot-warning.ts';
import {
  recordBlocked,
  recordCompleted,
  recordStarted,
  type Started,
  type StartOnMachine,
} from './record-job-fact.ts';
import { hasUnknownLabels, refuseUnknownLabels } from './refuse-unknown-labels.ts';
import { logStarts, settleStarts } from './settle-start.ts';

/** @returns the ids of the messages to deliver again */
export async function followLifecycle(
  deps: LifecycleDeps,
  deliveries: readonly Delivery[],
): Promise<string[]> {
  const batch = new Batch(deps.telemetry);
  const messages: { id: string; message: Message }[] = [];
  for (const { id, body } of deliveries) {
    batch.attemptNow(id, () => messages.push({ id, message: parseMessage(body) }));
  }
  const facts = new Map<string, Started>();
  const doneLines = new Map<string, DoneLine>();
  await refuseTogether(deps, batch, messages);
  await Promise.all(
    messages.map(async ({ id, message }) => {
      const recorded = await batch.attempt([id], () => recordFact(deps, message));
      if (recorded && 'log' in recorded) doneLines.set(id, recorded);
      else if (recorded) facts.set(id, recorded);
    }),
  );
  try {
    await lookAtMachines(deps, { batch, messages, facts, doneLines });
  } finally {
    for (const line of doneLines.values()) line.log();
  }
  return batch.failed();
}

interface Facts {
  readonly batch: Batch;
  readonly messages: readonly { id: string; message: Message }[];
  /** By the message that reported it. */
  readonly facts: ReadonlyMap<string, Started>;
  readonly doneLines: ReadonlyMap<string, DoneLine>;
}

/** What the recorded facts mean for machines. */
async function lookAtMachines(deps: LifecycleDeps, known: Facts): Promise<void> {
  const { batch, messages, facts, doneLines } = known;
  // Machines are looked at only now: one that ends after this look finds the facts written.
  const recorded = messages.filter(({ id }) => !batch.failed().includes(id));
  const ids = recorded.map(({ id }) => id);
  const found = await batch.attempt(ids, () =>
    findRunners(
      deps,
      recorded.map(({ message }) => message),
    ),
  );
  if (!found) return;
  const { runners } = found;
  const readable = recorded.filter(({ id, message }) => {
    const failure = found.unreadable.get(instanceOf(message));
    if (failure) batch.fail([id], failure);
    return failure === undefined;
  });

  const starts = readable.flatMap(({ id, message }) => startOnMachine(facts.get(id), message, runners) ?? []);
  const begun = readable.filter(({ id }) => facts.has(id));
  logStarts(deps, starts);
  await batch.attempt(idsOf(begun), async () => {
    const failures = await tenantByTenant(starts, tenantOf, (some) => settleStarts(deps, some));
    for (const [tenant, failure] of failures)
      batch.fail(idsOf(begun.filter(({ id }) => facts.get(id)?.event.installationId === tenant)), failure);
  });
  const endings = new Map<string, Wanted>();
  await Promise.all(
    readable.map(async ({ id, message }) => {
      const ending = await batch.attempt([id], () => endingOf(deps, message, runners));
      const doneLine = doneLines.get(id);
      if (ending) noteEnding(endings, { ...ending, ...(doneLine ? { doneLine } : {}) }, id);
    }),
  );
  if (endings.size > 0) {
    await endAll(deps, batch, [...endings.values()]);
  }
}

interface Wanted {
  readonly ending: Ending;
  /** Of the messages that want it. */
  readonly ids: readonly string[];
}

async function endAll(deps: LifecycleDeps, batch: Batch, wanted: readonly Wanted[]): Promise<void> {
  // Before the end is written: a repeated message finds no machine to end.
  const asked = await Promise.all(
    wanted.map(async (one) =>
      batch.attempt(one.ids, async () => {
        await askWhatItRan(deps, one.ending);
        await noteHeardRun(deps, one.ending);
        return one;
      }),
    ),
  );
  const all = asked.filter((one) => one !== undefined);
  const idsIn = (some: readonly Wanted[]) => some.flatMap(({ ids }) => ids);
  await batch.attempt(idsIn(all), async () => {
    const { failures } = await endEach(
      deps,
      all.map(({ ending }) => ending),
    );
    for (const [tenant, failure] of failures)
      batch.fail(idsIn(all.filter(({ ending }) => ending.runner.installationId === tenant)), failure);
  });
}

const tenantOf = ({ event }: Started) => event.installationId;
const idsOf = (messages: readonly { readonly id: string }[]) => messages.map(({ id }) => id);

/** The jobs with labels that no tier has, in one call: there may be many. */
async function refuseTogether(
  deps: LifecycleDeps,
  batch: Batch,
  messages: readonly { id: string; message: Message }[],
): Promise<void> {
  const refused = messages.flatMap(({ id, message }) =>
    message.kind === 'job' && hasUnknownLabels(message) ? [{ id, message }] : [],
  );
  const failures = await batch.attempt(
    refused.map(({ id }) => id),
    () =>
      refuseUnknownLabels(
        deps,
        refused.map(({ message }) => message),
      ),
  );
  for (const [n, failure] of (failures ?? []).entries()) {
    if (failure !== undefined) batch.fail([refused[n]!.id], failure);
  }
}

/** One end for each machine, however many messages ask for it; EC2's own event is the stronger proof. */
function noteEnding(endings: Map<string, Wanted>, ending: Ending, id: string): void {
  const known = endings.get(ending.runner.instanceId);
  const ids = [...(known?.ids ?? []), id];
  endings.set(ending.runner.instanceId, {
    ending: { ...known?.ending, ...ending, proven: ending.proven || known?.ending.proven === true },
    ids,
  });
}

interface FoundRunners {
  readonly runners: Runners;
  /**
   * Machines whose rows were broken by a manual edit: messages about them are redelivered until somebody has
   * corrected the row.
   */
  readonly unreadable: ReadonlyMap<string | undefined, OperationalError>;
}

async function findRunners(deps: LifecycleDeps, messages: readonly Message[]): Promise<FoundRunners> {
  const isNews = (message: Message) =>
    message.kind !== 'instance' || !hasEndedHere(deps.runners, message.instanceId);
  const ids = new Set(messages.filter(isNews).flatMap((message) => instanceOf(message) ?? []));
  const unreadable: UnreadableRow[] = [];
  const found = ids.size === 0 ? [] : await deps.runners.findAcrossTenants([...ids], unreadable);
  return {
    runners: new Map(found.map((runner) => [runner.instanceId, runner])),
    unreadable: new Map(unreadable.map(({ key, error }) => [key, error])),
  };
}

function instanceOf(message: Message): InstanceId | undefined {
  if (message.kind === 'instance' || message.kind === 'spot-warning') return message.instanceId;
  return message.kind === 'job' ? instanceNamed(message.runnerName) : undefined;
}

/** Records what a message says about a job; returns the start, if it was one, or the line about its end. */
async function recordFact(deps: LifecycleDeps, message: Message): Promise<Started | DoneLine | undefined> {
  switch (message.kind) {
    case 'job':
      return recordJobFact(deps, message);
    case 'drain-tenant':
      await drainTenant(deps, message.installationId);
      return undefined;
    case 'instance':
    case 'spot-warning':
      return undefined;
    default:
      throw new Error(
        `The lifecycle queue takes facts about jobs and machines, not messages of kind ${message.kind}.`,
      );
  }
}

async function recordJobFact(deps: LifecycleDeps, event: JobEvent): Promise<Started | DoneLine | undefined> {
  switch (event.action) {
    case 'queued':
    case 'waiting':
      await recordBlocked(deps, event);
      return undefined;
    case 'in_progress':
      return recordStarted(deps, event, instanceOf(event));
    case 'completed':
      return recordCompleted(deps, event, instanceOf(event));
  }
}

type Runners = ReadonlyMap<InstanceId, Runner>;

function startOnMachine(
  started: Started | undefined,
  message: Message,
  runners: Runners,
): StartOnMachine | undefined {
  if (!started || message.kind !== 'job') return undefined;
  return { ...started, instanceId: instanceOf(message), runner: ownRunner(message, runners) };
}

/** The machine that must end because of this message. */
async function endingOf(
  deps: LifecycleDeps,
  message: Message,
  runners: Runners,
): Promise<Ending | undefined> {
  if (message.kind === 'instance') return instanceEnded(message, runners);
  if (message.kind === 'spot-warning')
    return followSpotWarning(deps, message, runners.get(message.instanceId));
  if (message.kind !== 'job' || message.action !== 'completed') return undefined;
  const runner = ownRunner(message, runners);
  await rerunIfTakenBack(deps, message, runner);
  if (!runner) return undefined;
  return {
    runner,
    reason: 'job-completed',
    proven: false,
    doneJob: message.jobId,
    ranJob: ranJobIn(message),
  };
}

const ranJobIn = ({ jobId, runId, repository, workflow, conclusion }: JobEvent): RanJob => ({
  ...{ jobId, runId, repository },
  ...(workflow === undefined ? {} : { workflow }),
  conclusion: conclusion ?? 'unknown',
});

/** The machine that the event names, if it is this tenant's: an event never reaches another tenant's machine. */
function ownRunner(event: JobEvent, runners: Runners): Runner | undefined {
  const instanceId = instanceOf(event);
  const runner = instanceId === undefined ? undefined : runners.get(instanceId);
  return runner?.installationId === event.installationId ? runner : undefined;
}

function instanceEnded(event: InstanceEvent, runners: Runners): Ending | undefined {
  const runner = runners.get(event.instanceId);
  if (!runner || runner.state === 'ended') return undefined;
  // A stopped machine could be started again: it is terminated, which then proves its end.
  return { runner, reason: 'instance-ended', proven: hasEnded(event.state) };
}
