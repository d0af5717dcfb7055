/**
 * What functions take of Node's `http`, which the bundler puts in place of it. An `import` of the module itself reads all of its
 * exports, and the one of its `WebSocket` loads Node's whole `fetch`: nearly half of the processor time in which a function loads.
 * A bundle cannot be made if a static import takes anything else of it. The AWS SDK also imports it dynamically, for `Agent` and
 * `request` as well; another name would be undefined there.
 */
export const { Agent, request } = process.getBuiltinModule('node:http');
