/**
 * Who calls the claim function? A machine proves two things: that it holds a launch's ticket, and, with a document signed
 * by AWS, which instance it is. Neither is enough alone. Nothing else that it says is trusted.
 */
import type { MachineRequest } from '../../contract/machine.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Identity, IdentityVerifier, Ticket, Tickets } from '../../ports/identity.ts';

export interface DoorDeps {
  readonly tickets: Tickets;
  readonly identity: IdentityVerifier;
  readonly clock: Clock;
}

export interface Machine {
  readonly ticket: Ticket;
  readonly instanceId: InstanceId;
  readonly identity: Identity;
  readonly nonce: string;
}

/** What is proven about a refused caller, for the log. */
export const aboutTicket = ({ ticket }: TurnedAway) => {
  if (!ticket) return {};
  const { installationId, launchId, tier } = ticket;
  return { installationId, launchId, tier };
};

export interface TurnedAway {
  readonly refused: string;
  /** Whose ticket it holds, if that is proven. */
  readonly ticket?: Ticket;
}

/**
 * Answers with the machine, or with why it is refused.
 * @param lateSeconds how long after its boot the ticket is still accepted
 */
export async function authenticateMachine(
  deps: DoorDeps,
  request: MachineRequest,
  lateSeconds = 0,
): Promise<Machine | TurnedAway> {
  if (!/^[0-9a-f]{32,64}$/.test(request.nonce)) return { refused: 'nonce-malformed' };
  const ticket = await deps.tickets.read(request.ticket, deps.clock.now() - lateSeconds * 1000);
  if ('refused' in ticket) return { refused: `ticket-${ticket.refused}` };
  const identity = await deps.identity.verify(request.document, request.signature);
  if ('refused' in identity) return { refused: `identity-${identity.refused}`, ticket };
  return { ticket, instanceId: identity.instanceId, identity, nonce: request.nonce };
}
