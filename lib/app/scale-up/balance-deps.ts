/** What taking leases and launching machines needs from outside: what scale-up has, and nobody else. */
import type { Tickets } from '../../ports/identity.ts';
import type { AdmissionDeps } from '../admission/decide-waiting.ts';
import type { LaunchDeps } from '../common/deps.ts';

export interface BalanceDeps extends LaunchDeps, AdmissionDeps {
  readonly tickets: Tickets;
}
