/**
 * Where the files lie that constructs read: beside the sources in a checkout, beside the JavaScript in an installed
 * package. They never come from the working directory, which belongs to whoever uses this.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Holds `<function>/handler.ts` in a checkout, `<function>/index.mjs` in a package. */
export const handlersFolder = join(root, 'lambdas');

/** What machines run when they boot. */
export const bootScript = join(root, 'images', 'boot.sh');

/** What a machine runs from which an image is made. */
export const bakeScript = join(root, 'images', 'bake.sh');
