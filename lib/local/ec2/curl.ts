/**
 * Replaces curl on a host without it: only the options that the boot script and the runner stand-in use (any other ends
 * it with curl's own status for that, 2). It starts more slowly than the real one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values, positionals } = readArguments();

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        silent: { type: 'boolean' },
        'show-error': { type: 'boolean' },
        fail: { type: 'boolean' },
        'fail-early': { type: 'boolean' },
        location: { type: 'boolean' },
        'retry-connrefused': { type: 'boolean' },
        request: { type: 'string' },
        header: { type: 'string', multiple: true, default: [] },
        'data-binary': { type: 'string' },
        'connect-timeout': { type: 'string' },
        'max-time': { type: 'string', default: '300' },
        retry: { type: 'string', default: '0' },
        'write-out': { type: 'string', default: '' },
        output: { type: 'string' },
      },
    });
  } catch (error) {
    process.stderr.write(`curl: ${(error as Error).message}\n`);
    process.exit(2);
  }
}

/** `@-` means standard input. */
const readInput = (given: string) => (given === '@-' ? readFileSync(0, 'utf8') : given);

function requestHeaders(): [string, string][] {
  return values.header
    .flatMap((header) => readInput(header).split('\n'))
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}

async function send(url: string, request: RequestInit): Promise<{ status: number; body: Buffer }> {
  const response = await fetch(url, {
    ...request,
    redirect: values.location ? 'follow' : 'manual',
    signal: AbortSignal.timeout(Number(values['max-time']) * 1000),
  });
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

async function sendWithRetries(url: string, request: RequestInit) {
  for (let left = Number(values.retry); ; left -= 1) {
    try {
      return await send(url, request);
    } catch (error) {
      if (left === 0) throw error;
      await sleep(1000);
    }
  }
}

const writeOut = (status: number) =>
  values['write-out'].replaceAll('\\n', '\n').replaceAll('%{http_code}', String(status).padStart(3, '0'));

/** @returns curl's status for how it went */
async function transfer(url: string, request: RequestInit): Promise<number> {
  try {
    const { status, body } = await sendWithRetries(url, request);
    const isRefused = values.fail === true && status >= 400;
    if (isRefused) process.stderr.write(`curl: (22) The requested URL returned error: ${status}\n`);
    else if (values.output !== undefined) writeFileSync(values.output, body);
    process.stdout.write(isRefused || values.output !== undefined ? '' : body);
    process.stdout.write(writeOut(status));
    return isRefused ? 22 : 0;
  } catch (error) {
    process.stderr.write(`curl: (7) ${(error as Error).message}\n`);
    process.stdout.write(writeOut(0));
    return 7;
  }
}

const data = values['data-binary'] === undefined ? undefined : readInput(values['data-binary']);
const request = {
  method: values.request ?? (data === undefined ? 'GET' : 'POST'),
  headers: requestHeaders(),
  ...(data === undefined ? {} : { body: data }),
};
for (const url of positionals) {
  process.exitCode = await transfer(url, request);
  if (process.exitCode !== 0 && values['fail-early']) break;
}
