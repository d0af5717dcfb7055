import type { Architecture } from '../core/tier.ts';

/** Where images of machines are made. May throw OperationalError. */
export interface ImageBuilds {
  /**
   * Starts to make an image of the current runner program. Asking again with the same version is the same build, for as
   * long as the service remembers. `no-pipeline`: there is nothing yet that could make one.
   */
  start(architecture: Architecture, version: string): Promise<'started' | 'no-pipeline'>;
}
