/** A separate process: imports the bundle that its argument names, and reports to its parent how long that took. */
import { pathToFileURL } from 'node:url';

const { href } = pathToFileURL(process.argv[2] ?? '');
const startedAt = performance.now();
const before = process.cpuUsage();
await import(href);
const { user, system } = process.cpuUsage(before);
process.send?.({ milliseconds: performance.now() - startedAt, processor: (user + system) / 1000 });
