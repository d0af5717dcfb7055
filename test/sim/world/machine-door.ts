/** How a machine talks to the claim door: as images/boot.sh does, and as a hostile one might. */

import type { MachineRequest } from '../../../lib/contract/machine.ts';
import { tagKeys } from '../../../lib/core/tags.ts';
import type { MemoryMachine } from '../../fakes/compute.ts';
import type { WorldDeps } from './context.ts';

/** As in images/boot.sh. */
const claimSeconds = 1_800;

export const requestOf = ({ random }: WorldDeps, { instanceId, tags }: MemoryMachine): MachineRequest => ({
  ticket: tags.get(tagKeys.ticket) ?? '',
  document: instanceId,
  signature: 'signed',
  nonce: random.id(),
});

/** True once there is a JIT config. */
export async function claim(
  { plane, scheduler, story, auditor }: WorldDeps,
  request: MachineRequest,
  wait: (milliseconds: number) => Promise<void>,
): Promise<boolean> {
  const until = scheduler.now() + claimSeconds * 1000;
  for (let delay = 1_000; scheduler.now() < until; ) {
    const result = await plane.claim(request);
    await wait(0);
    if (result?.action === 'run') return true;
    if (result?.action === 'again') {
      await wait(result.seconds * 1000);
    } else if (result === undefined) {
      await wait(delay);
      delay = Math.min(delay * 2, 16_000);
    } else {
      story.tell(() => `machine ${request.document} is told to ${result.action}: ${result.why}`);
      if (result.why === 'not-of-this-launch') auditor.turnedAway(request.document);
      return false;
    }
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
  auditor.doorTried('foreign-ticket', await plane.claim({ ...request, ticket }));
}

export async function tryOtherNonce(
  { plane, random, auditor }: WorldDeps,
  request: MachineRequest,
): Promise<void> {
  auditor.doorTried('second-nonce', await plane.claim({ ...request, nonce: random.id() }));
}
