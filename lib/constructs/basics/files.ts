/**
 * Where constructs find their files: beside the sources in a checkout, beside the JavaScript in an installed package.
 * Never in the working directory, which belongs to the package's user.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Contains `<function>/handler.ts` in a checkout, `<function>/index.mjs` in a package. */
export const handlersFolder = join(root, 'lambdas');

/** The script that machines run at boot. */
export const bootScript = join(root, 'images', 'boot.sh');

/** The script that runs on a machine that becomes an image. */
export const bakeScript = join(root, 'images', 'bake.sh');
