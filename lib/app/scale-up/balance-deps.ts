/** What taking leases and launching machines needs from outside: the dependencies of scale-up alone. */
import type { Tickets } from '../../ports/identity.ts';
import type { AdmissionDeps } from '../admission/decide-waiting.ts';
import type { LaunchDeps } from '../common/deps.ts';

export interface BalanceDeps extends LaunchDeps, AdmissionDeps {
  readonly tickets: Tickets;
}
