import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { leftovers, surroundings } from './leftovers.ts';

/** What is found after `leave`, which says how to undo it. */
async function leftBy(leave: () => () => unknown): Promise<readonly string[]> {
  const before = surroundings();
  const undo = leave();
  const found = await leftovers(before, 0.01);
  await undo();
  return found;
}

/** Replaces a property. */
function replace(object: object, name: PropertyKey, property: PropertyDescriptor): () => unknown {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, ...property });
  return () =>
    before === undefined ? Reflect.deleteProperty(object, name) : Object.defineProperty(object, name, before);
}

const other = { value: () => 'other' };

describe('what a test file leaves behind', () => {
  it.each<[found: string, leave: () => () => unknown]>([
    ['globalThis.left', () => replace(globalThis, 'left', { value: undefined })],
    ['globalThis.fetch', () => replace(globalThis, 'fetch', other)],
    ['globalThis.crypto', () => replace(globalThis, 'crypto', { get: () => 'other' })],
    ['globalThis.Symbol(left)', () => replace(globalThis, Symbol.for('left'), other)],
    ['console.log', () => replace(console, 'log', other)],
    ['Date.now', () => replace(Date, 'now', other)],
    ['Array.prototype.last', () => replace(Array.prototype, 'last', other)],
    ['Error.stackTraceLimit', () => replace(Error, 'stackTraceLimit', { value: 3 })],
    ['process.exit', () => replace(process, 'exit', other)],
    ['process.env', () => replace(process, 'env', { value: { ...process.env } })],
    ['process.stdout.write', () => replace(process.stdout, 'write', other)],
    ['process.stderr.write', () => replace(process.stderr, 'write', other)],
  ])('is %s', async (found, leave) => {
    expect(await leftBy(leave)).toContain(found);
  });

  it('is what was taken away', async () => {
    const taken = Object.getOwnPropertyDescriptor(Promise, 'try')!;
    const left = await leftBy(() => {
      Reflect.deleteProperty(Promise, 'try');
      return () => Object.defineProperty(Promise, 'try', taken);
    });
    expect(left).toEqual(['Promise.try']);
  });

  it('is another folder, other arguments, and another mode for new files', async () => {
    const folder = process.cwd();
    const left = await leftBy(() => {
      process.chdir('/');
      process.argv.push('left');
      const mode = process.umask(0o077);
      return () => {
        process.chdir(folder);
        process.argv.pop();
        process.umask(mode);
      };
    });
    expect(left).toEqual(['the folder /', 'another mode for new files', 'other arguments']);
  });

  it('is a listener of the process, or one that is gone', async () => {
    const stay = () => 'stay';
    const added = await leftBy(() => {
      process.on('SIGTERM', stay);
      return () => process.off('SIGTERM', stay);
    });
    process.on('SIGTERM', stay);
    const removed = await leftBy(() => {
      process.off('SIGTERM', stay);
      return () => {};
    });
    expect([added, removed]).toEqual([
      ["process on SIGTERM: () => 'stay'"],
      ["process on SIGTERM: () => 'stay'"],
    ]);
  });

  it('is a timer, a server or a process, until it is gone', async () => {
    const interval = await leftBy(() => {
      const timer = setInterval(() => {}, 1e6);
      return () => clearInterval(timer);
    });
    const listening = await leftBy(() => {
      const server = createServer().listen(0);
      return () => new Promise((resolve) => server.close(resolve));
    });
    const running = await leftBy(() => {
      const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
      return () => new Promise((resolve) => child.once('close', resolve).stdin.end());
    });
    expect(interval).toEqual(['Timeout']);
    expect(listening).toEqual(['TCPServerWrap']);
    expect(running).toContain('ProcessWrap');
    expect(await leftBy(() => () => {})).toEqual([]);
  });

  it('is nothing where it was put back', async () => {
    const left = await leftBy(() => {
      replace(console, 'log', other)();
      return () => {};
    });
    expect(left).toEqual([]);
  });
});
