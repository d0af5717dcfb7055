// @ts-check
/**
 * What runs inside one execution environment: loads the handler that `_HANDLER` names from the working
 * directory and answers one invocation at a time over the channel to its host. It ends when the host does,
 * and when the handler leaves a rejection unhandled, as Lambda's own runtime does.
 *
 * Between invocations it is frozen, as on Lambda: what an invocation left running goes on with the next one, or never, and
 * a connection that a server closed meanwhile looks open.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 *
 * It is JavaScript, with its types in comments: to read a TypeScript file takes Node a third of the time that a
 * function needs to start.
 */

import module from 'node:module';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { endLine } from './end-line.js';

// An import of it loads its promises too, for 3 of the 33 ms in which an empty function starts.
const { existsSync, readSync } = process.getBuiltinModule('node:fs');

/** @import { Invocation, InvocationError, RuntimeMessage } from './runtime-messages.ts' */
/** @typedef {(event: unknown, context: Readonly<Record<string, unknown>>) => unknown} Handler */

/** Has a byte for each invocation, and ends with the host. */
const thawing = 4;

/**
 * Resolves when the host can read it.
 * @param {RuntimeMessage} message
 */
const tell = (message) => new Promise((resolve) => process.send?.(message, undefined, {}, resolve));

/**
 * @param {NodeJS.WriteStream} output
 * @param {string} line
 */
const written = (output, line) => new Promise((resolve) => output.write(`${line}\n`, resolve));

/** Until the next invocation, nothing runs here. */
function freeze() {
  if (readSync(thawing, Buffer.alloc(1)) === 0) process.exit(0);
}

/**
 * @param {unknown} error
 * @returns {InvocationError}
 */
function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** @returns {Promise<Handler>} */
async function loadHandler() {
  const name = process.env['_HANDLER'] ?? '';
  const dot = name.lastIndexOf('.');
  const path = resolve(name.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map((extension) => path + extension).find(existsSync);
  if (!file) throw new Error(`Cannot find the module of the handler ${name} in ${process.cwd()}.`);
  const exported = await import(pathToFileURL(file).href);
  const handler = exported[name.slice(dot + 1)];
  if (typeof handler !== 'function') throw new Error(`${name} is undefined or not exported.`);
  if (handler.length >= 3) throw new Error(`${name} takes a callback, which nodejs24.x no longer offers.`);
  return handler;
}

/** Whether what was compiled is stored. */
let isStored = false;

/**
 * @param {Handler} handler
 * @param {Invocation} invocation
 */
async function answer(handler, invocation) {
  const { requestId } = invocation;
  const context = {
    awsRequestId: requestId,
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    invokedFunctionArn: invocation.functionArn,
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - Date.now()),
  };
  const outcome = await run(handler, invocation, context);
  // Behind all that the handler printed. A frozen process passes nothing on.
  await Promise.all([process.stdout, process.stderr].map((output) => written(output, endLine(requestId))));
  await tell(outcome);
  // By now it has compiled what invocations need. Only the first process with this code has something to write.
  if (!isStored) module.flushCompileCache();
  isStored = true;
  freeze();
}

/**
 * @param {Handler} handler
 * @param {Invocation} invocation
 * @param {Readonly<Record<string, unknown>>} context
 * @returns {Promise<RuntimeMessage>}
 */
async function run(handler, { requestId, event }, context) {
  // As Lambda sets it for each invocation; the SDK sends it along with its calls.
  process.env['_X_AMZN_TRACE_ID'] = `Root=${requestId}`;
  const before = process.cpuUsage();
  try {
    const result = await handler(event, context);
    const payload = JSON.stringify(result) ?? 'null';
    return { kind: 'result', requestId, payload, processorMilliseconds: processorSince(before) };
  } catch (error) {
    return { kind: 'failure', requestId, error: describe(error) };
  }
}

/**
 * Node 22, and 24 before 24.12, take no options, and store nothing that serves another folder.
 * https://nodejs.org/api/module.html#moduleenablecompilecacheoptions
 * @param {string} directory
 */
function useCompiled(directory) {
  if (!existsSync(directory)) return;
  try {
    module.enableCompileCache({ directory, portable: true });
  } catch {
    // Each process compiles for itself.
  }
}

/** @param {NodeJS.CpuUsage} [before] */
function processorSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (reason) => {
  console.error('Runtime.UnhandledPromiseRejection', reason);
  process.exit(128);
});
try {
  const started = performance.now();
  useCompiled(process.argv[2] ?? '');
  const handler = await loadHandler();
  process.on('message', (invocation) => void answer(handler, /** @type {Invocation} */ (invocation)));
  const loadMilliseconds = performance.now() - started;
  await tell({ kind: 'ready', loadMilliseconds, processorMilliseconds: processorSince() });
  freeze();
} catch (error) {
  await tell({ kind: 'init-failed', error: describe(error) });
  process.exitCode = 1;
  process.disconnect();
}
