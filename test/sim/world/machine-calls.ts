/** How a machine calls the claim URL: like images/boot.sh, or like a hostile machine. */
import type { MachineRequest } from '../../../lib/contract/machine.ts';
import { tagKeys } from '../../../lib/core/tags.ts';
import type { MemoryMachine } from '../../fakes/compute.ts';
import type { WorldDeps, WorldJob } from './context.ts';

/** As in images/boot.sh. */
const claimSeconds = 1_800;

export const requestOf = ({ random }: WorldDeps, { instanceId, tags }: MemoryMachine): MachineRequest => ({
  ticket: tags.get(tagKeys.ticket) ?? '',
  document: instanceId,
  signature: 'signed',
  nonce: random.id(),
});

/** Called once there is a JIT config, with whether the job must be admitted before its first step. */
export async function claim(
  { plane, scheduler, log, auditor }: WorldDeps,
  request: MachineRequest,
  wait: (milliseconds: number) => Promise<void>,
): Promise<{ readonly gated: boolean } | undefined> {
  const until = scheduler.now() + claimSeconds * 1000;
  for (let delay = 1_000; scheduler.now() < until; ) {
    const askedAt = scheduler.now();
    const result = await plane.claim(request);
    const gated = result?.action === 'run' && result.gate === true;
    if (result?.action === 'run') auditor.minted(request.document, { askedAt, gated });
    else if (result) auditor.answeredWithoutRunner(request.document, askedAt);
    await wait(0);
    if (result?.action === 'run') return { gated };
    if (result?.action === 'again') {
      await wait(result.seconds * 1000);
    } else if (result === undefined) {
      await wait(delay);
      delay = Math.min(delay * 2, 16_000);
    } else {
      log.add(() => `claim answers machine ${request.document} with ${result.action}: ${result.why}`);
      auditor.stoodDown(request.document, result.why);
      return undefined;
    }
  }
  return undefined;
}

/** As in images/gate.sh. */
const gateSeconds = 15;

/** Whether the first step of the job that GitHub gave the machine may run; no answer in time means no. */
export async function mayBegin(
  { plane, scheduler, random, auditor }: WorldDeps,
  request: MachineRequest,
  job: WorldJob,
): Promise<boolean> {
  // GitHub's runner downloads the job's actions first.
  await scheduler.sleep(random.between(200, 4_000));
  const wasListed = auditor.lists(job, request.document);
  const until = scheduler.now() + gateSeconds * 1000;
  const hint = { repository: job.repository, runId: job.runId };
  while (scheduler.now() < until) {
    const givenUp = scheduler.sleep(until - scheduler.now()).then(() => undefined);
    const at = scheduler.now();
    const answer = await Promise.race([plane.start({ ...request, hint }), givenUp]);
    if (answer?.action === 'admit') {
      auditor.stepsBegan(job, request.document, { at, wasListed });
      return true;
    }
    if (answer?.action === 'reject' || answer?.action === 'refuse') return false;
    await scheduler.sleep(1_000);
  }
  return false;
}

export async function tryForeignTicket(
  { plane, ports, random, auditor }: WorldDeps,
  machine: MemoryMachine,
  request: MachineRequest,
): Promise<void> {
  const launch = machine.tags.get(tagKeys.launch);
  const others = [...ports.compute.machines.values()].filter(
    ({ tags }) => tags.get(tagKeys.launch) !== launch,
  );
  if (others.length === 0) return;
  const ticket = random.pick(others).tags.get(tagKeys.ticket) ?? '';
  auditor.forgedClaimAnswered('foreign-ticket', await plane.claim({ ...request, ticket }));
}

export async function tryOtherNonce(
  { plane, random, auditor }: WorldDeps,
  request: MachineRequest,
): Promise<void> {
  auditor.forgedClaimAnswered('second-nonce', await plane.claim({ ...request, nonce: random.id() }));
}
