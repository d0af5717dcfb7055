/**
 * Callbacks that skip controllers that do not respond. A controller that hangs would occupy a place for its whole
 * timeout with each job. After three timeouts in a row about jobs of one tenant, it fails at once for that tenant,
 * and an occasional call tries it again. Only this process knows this state: each copy finds out for itself, and
 * losing it costs three calls.
 */
import { beginCall, type Circuit, endCall } from '../../core/controllers/circuit.ts';
import { controllerBounds } from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { Callbacks } from '../../ports/callbacks.ts';
import type { Clock } from '../../ports/clock.ts';

/**
 * For how many tenants a process remembers which controllers do not answer; the least recently used one is
 * forgotten first.
 */
const mostTenants = 1_000;
/** Its own, and the operator's. More than that, such as earlier addresses, replaces only entries of the same tenant. */
const mostOfTenant = 2 * controllerBounds.controllersEach;

/**
 * The state of controllers, tenant by tenant: even an operator's controller may be slow about the jobs of one
 * tenant only.
 */
export type Circuits = Map<InstallationId, Map<string, Circuit>>;

export function withCircuitBreaker(
  callbacks: Callbacks,
  { clock, circuits = new Map() }: { readonly clock: Clock; readonly circuits?: Circuits },
): Callbacks {
  const keep = (tenant: InstallationId, name: string, circuit: Circuit | undefined) => {
    const ofTenant = circuits.get(tenant) ?? new Map<string, Circuit>();
    if (circuit) keepNewest(ofTenant, { key: name, value: circuit, most: mostOfTenant });
    else ofTenant.delete(name);
    if (ofTenant.size > 0) keepNewest(circuits, { key: tenant, value: ofTenant, most: mostTenants });
    else circuits.delete(tenant);
  };
  return {
    async ask(callback) {
      const { installationId: tenant } = callback;
      const name = `${callback.body.controller} ${callback.url}`;
      const known = () => circuits.get(tenant)?.get(name);
      const { rests, next } = beginCall(known(), clock.now());
      if (rests && next) {
        const seconds = Math.ceil((next.restsUntil - clock.now()) / 1000);
        const why = `its last ${next.timeouts} calls timed out; it is called again in ${seconds} s`;
        return { kind: 'failed', why };
      }
      keep(tenant, name, next);
      const answer = await callbacks.ask(callback);
      const isTimeout = answer.kind === 'failed' && answer.isTimeout === true;
      keep(tenant, name, endCall(known(), isTimeout, clock.now()));
      return answer;
    },
  };
}
