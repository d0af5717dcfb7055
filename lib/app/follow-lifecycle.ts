/**
 * Takes a batch of facts: what GitHub says of jobs, and EC2 of machines. The books follow them; a fact that is late
 * changes nothing. Machines whose job is done are terminated together, and only a machine's proven end frees its lease:
 * a job's word alone never does, or a hostile job could report itself done and keep a machine for free.
 */
import { type InstanceEvent, type JobEvent, type Message, parseMessage } from '../contract/messages.ts';
import { InstanceId } from '../core/ids.ts';
import type { Runner } from '../core/runner.ts';
import { Batch, type Delivery } from './batch.ts';
import { drainTenant } from './drain-tenant.ts';
import { type Ending, endRunners } from './end-runners.ts';
import { followSpotWarning, rerunIfTakenBack } from './follow-spot-warning.ts';
import type { LifecycleDeps } from './lifecycle-deps.ts';
import { recordCompleted, recordStarted, recordUnstarted } from './record-job-fact.ts';

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
  const ids = messages.map(({ id }) => id);
  const runners = await batch.attempt(ids, () =>
    findRunners(
      deps,
      messages.map(({ message }) => message),
    ),
  );
  if (!runners) return batch.failed();

  const endings = new Map<string, { ending: Ending; ids: string[] }>();
  await Promise.all(
    messages.map(async ({ id, message }) => {
      const ending = await batch.attempt([id], () => apply(deps, message, runners));
      if (ending) noteEnding(endings, ending, id);
    }),
  );
  if (endings.size > 0) {
    const all = [...endings.values()];
    await batch.attempt(
      all.flatMap((entry) => entry.ids),
      () =>
        endRunners(
          deps,
          all.map(({ ending }) => ending),
        ),
    );
  }
  return batch.failed();
}

/** One end for each machine, however many messages ask for it; EC2's own word is the stronger proof. */
function noteEnding(
  endings: Map<string, { ending: Ending; ids: string[] }>,
  ending: Ending,
  id: string,
): void {
  const known = endings.get(ending.runner.instanceId);
  const ids = [...(known?.ids ?? []), id];
  endings.set(ending.runner.instanceId, {
    ending: { ...known?.ending, ...ending, proven: ending.proven || known?.ending.proven === true },
    ids,
  });
}

async function findRunners(
  deps: LifecycleDeps,
  messages: readonly Message[],
): Promise<Map<InstanceId, Runner>> {
  const ids = new Set(messages.flatMap((message) => instanceOf(message) ?? []));
  const found = ids.size === 0 ? [] : await deps.runners.findAcrossTenants([...ids]);
  return new Map(found.map((runner) => [runner.instanceId, runner]));
}

/** A runner of ours is named for its instance; whatever else a tenant registers is none of our machines. */
function instanceOf(message: Message): InstanceId | undefined {
  if (message.kind === 'instance' || message.kind === 'spot-warning') return message.instanceId;
  if (message.kind !== 'job' || message.runnerName === null) return undefined;
  return /^i-[0-9a-f]{8,32}$/.test(message.runnerName) ? InstanceId(message.runnerName) : undefined;
}

async function apply(
  deps: LifecycleDeps,
  message: Message,
  runners: ReadonlyMap<InstanceId, Runner>,
): Promise<Ending | undefined> {
  switch (message.kind) {
    case 'instance':
      return instanceEnded(message, runners);
    case 'spot-warning':
      return followSpotWarning(deps, message, runners.get(message.instanceId));
    case 'drain-tenant':
      await drainTenant(deps, message.installationId);
      return undefined;
    case 'job':
      return applyJobFact(deps, message, ownRunner(message, runners));
    default:
      throw new Error(
        `The lifecycle queue takes facts about jobs and machines, not messages of kind ${message.kind}.`,
      );
  }
}

/** The machine that the event names, if it is this tenant's: an event never reaches another tenant's machine. */
function ownRunner(event: JobEvent, runners: ReadonlyMap<InstanceId, Runner>): Runner | undefined {
  const instanceId = instanceOf(event);
  const runner = instanceId === undefined ? undefined : runners.get(instanceId);
  return runner?.installationId === event.installationId ? runner : undefined;
}

async function applyJobFact(
  deps: LifecycleDeps,
  event: JobEvent,
  runner: Runner | undefined,
): Promise<Ending | undefined> {
  switch (event.action) {
    case 'queued':
    case 'waiting':
      await recordUnstarted(deps, event);
      return undefined;
    case 'in_progress':
      await recordStarted(deps, event, runner);
      return undefined;
    case 'completed':
      await recordCompleted(deps, event, runner);
      await rerunIfTakenBack(deps, event, runner);
      return runner && { runner, reason: 'job-completed', proven: false, doneJob: event.jobId };
  }
}

const endStates = ['shutting-down', 'terminated'];

function instanceEnded(event: InstanceEvent, runners: ReadonlyMap<InstanceId, Runner>): Ending | undefined {
  const runner = runners.get(event.instanceId);
  if (!runner || runner.state === 'ended') return undefined;
  // A machine that was stopped could be started again: it is terminated, and that is then its proven end.
  return { runner, reason: 'instance-ended', proven: endStates.includes(event.state) };
}
