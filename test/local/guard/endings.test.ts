/** However `npm start` ends, everything ends with it: machines and their watchdogs, functions, database, folder. */
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { killProcess, lookAt } from '../../../lib/local/guard/processes.ts';
import { givenTemporaryFolder, leftOf, type Started, startNpm, until } from './npm-start.ts';

let folder: string;
beforeEach(() => {
  folder = givenTemporaryFolder();
});
afterEach(() => {
  for (const { id } of leftOf(folder).processes) killProcess(id, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const labels = ['self-hosted', 'linux', 'x64', 'small'];

/** With a machine that runs a job, and so has a watchdog that would sleep for hours. */
async function givenRunningJob(): Promise<Started> {
  const started = await startNpm(folder);
  await started.github('installations', { login: 'acme', installationId: 12345678 });
  await started.github('jobs', { repository: 'acme/app', labels, milliseconds: 3_600_000 });
  await started.untilRunning(1);
  return started;
}

/** The machine's job and watchdog would run for an hour, and its functions forever. */
async function untilNothingIsLeft({ laptop }: Started): Promise<void> {
  await until(() => lookAt(laptop) === undefined);
  await until(() => {
    const { processes, files } = leftOf(folder);
    return processes.length === 0 && files.length === 0;
  });
}

type End = (started: Started) => void | Promise<void>;
const twice: End = async ({ laptop, sees }) => {
  killProcess(laptop, 'SIGINT');
  await sees(/SIGINT: stopping/);
  await until(() => {
    killProcess(laptop, 'SIGINT');
    return lookAt(laptop) === undefined;
  });
};

describe('npm start', () => {
  it.each<[string, End]>([
    ['SIGKILL', ({ laptop }) => killProcess(laptop, 'SIGKILL')],
    ['SIGHUP', ({ laptop }) => killProcess(laptop, 'SIGHUP')],
    ['a second Ctrl-C', twice],
    ['SIGTERM to npm, which a shell in between does not pass on', ({ npm }) => void npm.kill('SIGTERM')],
    ['SIGKILL to npm', ({ npm }) => void npm.kill('SIGKILL')],
  ])('leaves nothing behind after %s', async (_, end) => {
    const started = await givenRunningJob();
    expect(leftOf(folder).processes.length).toBeGreaterThan(10);
    await end(started);
    await untilNothingIsLeft(started);
  });

  it('leaves nothing behind when it is killed during its start', async () => {
    const started = await startNpm(folder);
    killProcess(started.laptop, 'SIGKILL');
    await untilNothingIsLeft(started);
  });

  it('removes, at its next start, what was left when it was killed together with its guard', async () => {
    const first = await givenRunningJob();
    for (const id of [first.guard, first.laptop]) killProcess(id, 'SIGKILL');
    await until(() => lookAt(first.laptop) === undefined);
    const left = leftOf(folder);
    expect([left.files.length, left.processes.length > 1]).toEqual([1, true]);

    const next = await startNpm(folder);
    await next.sees(/Ctrl-C stops everything/);

    expect(leftOf(folder).files).not.toContain(left.files[0]);
    expect(left.processes.filter(({ id, startTime }) => lookAt(id)?.startTime === startTime)).toEqual([]);
  });

  it('reports a job that is cancelled before it ran, and starts no machine for it', async () => {
    const { github, sees, printed, untilRunning } = await startNpm(folder);
    await github('installations', { login: 'acme', installationId: 12345678 });
    const ids: number[] = [];
    for (let job = 0; job < 3; job += 1) {
      const answer = await github('jobs', { repository: 'acme/app', labels, milliseconds: 60_000 });
      ids.push(((await answer.json()) as { jobId: number }).jobId);
    }
    // The default plan allows two machines, so that the third one waits.
    const running = await untilRunning(2);
    const waiting = ids.find((id) => !running.includes(id));

    expect((await github(`jobs/${waiting}/cancel`, {})).status).toBe(204);
    await sees(new RegExp(`${waiting} +done: cancelled`));
    expect(printed().match(/is pending/g)).toHaveLength(2);
  });
});
