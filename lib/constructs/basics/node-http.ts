/**
 * What functions take of Node's `http`, which the bundler puts in place of it. An `import` of the module itself reads all of its
 * exports, and the one of its `WebSocket` loads Node's whole `fetch`: nearly half of the processor time in which a function loads.
 * A bundle that takes anything else of it cannot be made.
 */
export const { Agent, request } = process.getBuiltinModule('node:http');
