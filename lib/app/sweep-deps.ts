/** What repairing needs of the outside: it may do whatever the events' own use cases do, and ask GitHub. */
import type { GitHub } from '../ports/github.ts';
import type { LaunchDeps } from './carry-out-launch.ts';
import type { LifecycleDeps } from './lifecycle-deps.ts';

export interface SweepDeps extends LifecycleDeps, LaunchDeps {
  readonly github: GitHub;
}
