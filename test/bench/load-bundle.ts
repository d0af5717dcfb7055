/** In a process of its own: imports the bundle that its argument names, and tells its parent how long that took. */
import { pathToFileURL } from 'node:url';

const { href } = pathToFileURL(process.argv[2] ?? '');
const startedAt = performance.now();
await import(href);
process.send?.(performance.now() - startedAt);
