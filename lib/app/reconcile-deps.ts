/** What the reconciler needs of the outside. It compares and ends, and starts no machine. */
import type { Deployment } from '../contract/deployment.ts';
import type { GitHub } from '../ports/github.ts';
import type { LaunchStore } from '../ports/launches.ts';
import type { Notes } from '../ports/notes.ts';
import type { EndDeps } from './end-runners.ts';

export interface ReconcileDeps extends EndDeps {
  readonly deployment: Deployment;
  readonly launches: LaunchStore;
  readonly github: GitHub;
  readonly notes: Notes;
}
