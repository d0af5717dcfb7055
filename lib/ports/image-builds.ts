import type { Architecture } from '../core/tier.ts';

/** Builds the machines' images. May throw OperationalError. */
export interface ImageBuilds {
  /**
   * Starts building an image with the current runner program. Asking again with the same version is the same build, for as
   * long as the service remembers. `no-pipeline`: no pipeline exists yet.
   */
  start(architecture: Architecture, version: string): Promise<'started' | 'no-pipeline'>;
}
