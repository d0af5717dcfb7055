/** The in-memory ports of one story, shared by all of its functions. */

import { createTickets } from '../../../lib/adapters/identity/tickets.ts';
import { InstanceId } from '../../../lib/core/ids.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { IdentityVerifier } from '../../../lib/ports/identity.ts';
import type { Telemetry } from '../../../lib/ports/telemetry.ts';
import { createMemoryCallbacks } from '../../fakes/callbacks.ts';
import { createMemoryCompute } from '../../fakes/compute.ts';
import { createMemoryGitHub } from '../../fakes/github.ts';
import { createMemoryNotes } from '../../fakes/notes.ts';
import { createMemoryQueues } from '../../fakes/queues.ts';
import { createMemorySecret } from '../../fakes/secrets.ts';
import { createMemoryStores } from '../../fakes/stores.ts';
import { createSpotMarket } from '../world/spot-market.ts';

export type Ports = ReturnType<typeof createPorts>;

export function createPorts(clock: Clock) {
  return {
    stores: createMemoryStores(),
    compute: createMemoryCompute(clock.now),
    queues: createMemoryQueues(),
    callbacks: createMemoryCallbacks(),
    github: createMemoryGitHub(),
    notes: createMemoryNotes(),
    tickets: createTickets({ secret: createMemorySecret({ value: 'ticket-secret', clock }) }),
    identity,
    telemetry: silent,
    spotMarket: createSpotMarket(clock, silent),
  };
}

/** A machine's document is its instance id, here; nobody can show another machine's. */
const identity: IdentityVerifier = {
  verify: async (document) => ({
    instanceId: InstanceId(document),
    accountId: '123456789012',
    region: 'us-east-1',
    pendingTime: 0,
  }),
};

const silent: Telemetry = { event: () => undefined, count: () => undefined };
