/** The in-memory ports of one log, shared by all of its functions. */
import { createTickets } from '../../../lib/adapters/identity/tickets.ts';
import { InstanceId } from '../../../lib/core/ids.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { IdentityVerifier } from '../../../lib/ports/identity.ts';
import type { Telemetry } from '../../../lib/ports/telemetry.ts';
import { createMemoryCallbacks } from '../../fakes/callbacks.ts';
import { createMemoryCompute, type MemoryCompute } from '../../fakes/compute.ts';
import { createMemoryGitHub } from '../../fakes/github.ts';
import { createMemoryNotes } from '../../fakes/notes.ts';
import { createMemoryQueues } from '../../fakes/queues.ts';
import { createMemorySecret } from '../../fakes/secrets.ts';
import { createMemoryStores } from '../../fakes/stores.ts';
import { createSpotMarket } from '../world/spot-market.ts';

export type Ports = ReturnType<typeof createPorts>;

export function createPorts(clock: Clock) {
  const compute = createMemoryCompute(clock.now);
  return {
    stores: createMemoryStores(),
    compute,
    queues: createMemoryQueues(),
    callbacks: createMemoryCallbacks(),
    github: createMemoryGitHub(),
    notes: createMemoryNotes({ now: clock.now, milliseconds: 1_000 }),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock }) }),
    identity: identityOf(compute),
    telemetry: silent,
    spotMarket: createSpotMarket(clock, silent),
  };
}

/** Here a machine's document is its instance id, and nobody can present another machine's. */
const identityOf = ({ machines }: MemoryCompute): IdentityVerifier => ({
  async verify(document) {
    const instanceId = InstanceId(document);
    const { launchedAt = 0, instanceType = 'none', zone } = machines.get(instanceId) ?? {};
    return {
      ...{
        instanceId,
        accountId: '123456789012',
        region: 'us-east-1',
        pendingTime: launchedAt,
        instanceType,
      },
      ...(zone === undefined ? {} : { zone }),
    };
  },
});

const silent: Telemetry = { event: () => undefined, count: () => undefined };
