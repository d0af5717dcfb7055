/** What a single host stores: the in-memory fake and the folder behave alike. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createHostFiles } from '../../lib/adapters/host-files/host-files.ts';
import { takeHostLock } from '../../lib/adapters/host-files/host-lock.ts';
import type { HostRunner, HostState } from '../../lib/ports/host-state.ts';
import { createMemoryHostState } from '../fakes/host-state.ts';

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-host-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const runner: HostRunner = {
  name: 'mayfly-a1b2c3-1',
  scope: { kind: 'organization', organization: 'acme' },
  configuration: 'c',
  bornAt: 1,
};

const kinds: [string, () => Promise<HostState>][] = [
  ['in memory', async () => createMemoryHostState('A=1\n')],
  [
    'in a folder',
    async () => {
      const state = createHostFiles(newFolder());
      await state.putSettings('A=1\n');
      return state;
    },
  ],
];

describe.each(kinds)('the memory of a single host %s', (_kind, open) => {
  it('has a permanent id', async () => {
    const state = await open();
    const id = await state.hostId();
    expect(id).toMatch(/^[0-9a-f]{6}$/);
    expect(await state.hostId()).toBe(id);
  });

  it('keeps records until they are dropped, once or twice', async () => {
    const state = await open();
    await state.dropRunner('mayfly-nobody');
    await state.putRunner(runner);
    expect(await state.runners()).toEqual([runner]);
    await state.dropRunner(runner.name);
    await state.dropRunner(runner.name);
    expect(await state.runners()).toEqual([]);
  });

  it('keeps the desired state, and the reported one', async () => {
    const state = await open();
    expect([await state.wish(), await state.report()]).toEqual([{ mode: 'serve', change: 0 }, undefined]);
    await state.putWish({ mode: 'drain', change: 3 });
    expect(await state.wish()).toEqual({ mode: 'drain', change: 3 });
    const report = { at: 1, processId: 2, mode: 'serve', change: 3, configuration: 'c' } as const;
    await state.putReport(report);
    expect(await state.report()).toEqual(report);
  });

  it('keeps settings and their versions, oldest first', async () => {
    const state = await open();
    const version = { savedAt: 1, why: 'start', text: 'A=1\n', worked: false };
    for (const number of [2, 10, 1]) await state.putVersion({ ...version, number });
    await state.putVersion({ ...version, number: 2, worked: true });
    const found = (await state.versions()).map(({ number, worked }) => [number, worked]);
    expect(_kind === 'in memory' ? found.sort() : found).toEqual(
      expect.arrayContaining([
        [1, false],
        [2, true],
        [10, false],
      ]),
    );
    await state.putSettings('A=2\n');
    expect(await state.settings()).toBe('A=2\n');
  });
});

describe('the folder of a single host', () => {
  it('is for its owner alone, with nothing half written', async () => {
    const folder = newFolder();
    const state = createHostFiles(folder);
    await Promise.all([state.putRunner(runner), state.putSettings('A=1\n')]);
    expect(statSync(join(folder, 'host.env')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'state', 'runners'))).toEqual(['mayfly-a1b2c3-1.json']);
  });

  it('says how to create missing settings', async () => {
    await expect(createHostFiles(newFolder()).settings()).rejects.toThrow(/npx mayfly host init/);
  });

  it('keeps the logs of the newest fifty runners, whatever their names', async () => {
    const folder = newFolder();
    const state = createHostFiles(folder);
    for (let at = 0; at < 53; at++) await state.keepLog(`mayfly-${at}`, `log ${at}`);
    await state.keepLog('../../escape', 'x');
    expect(readdirSync(join(folder, 'state', 'logs'))).toHaveLength(50);
    expect(await state.log('mayfly-52')).toBe('log 52');
    expect(await state.log('mayfly-0')).toBeUndefined();
  });

  it('keeps the logs of runners that end at the same time', async () => {
    const state = createHostFiles(newFolder());
    for (let round = 0; round < 10; round++) {
      const names = Array.from({ length: 20 }, (_, at) => `mayfly-${round}-${at}`);
      await Promise.all(names.map((name) => state.keepLog(name, `log of ${name}`)));
    }
    expect(await state.log('mayfly-9-19')).toBe('log of mayfly-9-19');
  });

  it('has one supervisor at a time', async () => {
    const folder = newFolder();
    const lock = await takeHostLock(folder);
    expect(await takeHostLock(folder)).toBeUndefined();
    await lock?.release();
    const again = await takeHostLock(folder);
    expect(again).toBeDefined();
    await again?.release();
  });
});
