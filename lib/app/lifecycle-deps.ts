/** What following the facts about jobs and machines needs of the outside. */
import type { Deployment } from '../contract/deployment.ts';
import type { LaunchStore } from '../ports/launches.ts';
import type { Notes } from '../ports/notes.ts';
import type { EndDeps } from './end-runners.ts';

export interface LifecycleDeps extends EndDeps {
  readonly deployment: Deployment;
  readonly launches: LaunchStore;
  readonly notes: Notes;
}
