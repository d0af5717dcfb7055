import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { jestResult, wholeFailure } from './jest-result.ts';
import { type RunOptions, runFiles } from './run-files.ts';
import type { FileReport } from './worker-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'mayfly-quick-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Files of these texts, all in one process unless `options` say otherwise; what each came to. */
async function run(texts: readonly string[], options: Partial<RunOptions> = {}): Promise<FileReport[]> {
  const files = texts.map((text, n) => {
    const file = join(folder, `file-${n}.ts`);
    writeFileSync(file, `import { expect, it } from '@jest/globals';\n${text}`);
    return file;
  });
  const reports: FileReport[] = [];
  const onReport = (report: FileReport) => void reports.push(report);
  await runFiles(files, { processes: 1, loadSeconds: 600, testSeconds: 600, ...options, onReport });
  expect(reports.map(({ file }) => file).toSorted()).toEqual(files);
  return files.map((file) => reports.find((report) => report.file === file)!);
}

const failed = (reports: readonly FileReport[]) => reports.map(({ failures }) => failures.length);
const messages = (reports: readonly FileReport[]) =>
  reports.map(({ failures }) => failures.map(({ message }) => message).join());

const adds = "it('adds', () => expect(1 + 1).toBe(2));";
const rejects = "it('rejects', () => void Promise.reject(new Error('left')));";

/** Its listener passes for the CDK's. */
const endsBadly = `${adds}
  process.on('exit', () => { /* CloudAssembly.cleanupTemporaryDirectories */ process.exitCode = 8; });`;

describe('test files in one process', () => {
  it('are over when their tests are, and a failure names its test', async () => {
    const [good, bad] = await run([
      `${adds} it('waits', async () => expect(await 3).toBe(3));`,
      "it('adds', () => expect(1 + 1).toBe(3)); it('goes on', () => expect(1).toBe(1));",
    ]);
    expect(good).toMatchObject({ tests: 2, failures: [] });
    expect(bad).toMatchObject({ tests: 2, failures: [{ id: expect.stringMatching(/file-1\.ts › adds$/) }] });
    expect(bad?.failures[0]?.message).toContain('Expected: 3');
  });

  it('fail where they have no tests, or cannot be loaded', async () => {
    const reports = await run(['', "throw new Error('not today');", "import './nothing.ts';"]);
    expect(failed(reports)).toEqual([1, 1, 1]);
    expect(reports[1]?.failures[0]?.message).toContain('not today');
  });

  it('fail where they end the process or leave a rejection, and the next one has a process again', async () => {
    const reports = await run(["it('exits', () => process.exit(0));", rejects, adds, rejects]);
    expect(failed(reports)).toEqual([1, 1, 0, 1]);
    expect(messages(reports)[0]).toMatch(/ended with 0 during .*file-0\.ts › exits\./);
    expect(messages(reports)[1]).toContain('Error: left');
    expect(messages(reports)[3]).toContain('Error: left');
  });

  it('fail where a test hangs or spins, or a file hangs while it loads', async () => {
    const spins = "it('spins', () => { for (;;); });";
    const tests = await run(["it('hangs', () => new Promise(() => {}));", spins], { testSeconds: 0.2 });
    expect(messages(tests)).toEqual([
      expect.stringContaining('file-0.ts › hangs was not over after 0.2 s'),
      expect.stringContaining('file-1.ts › spins was not over after 0.2 s'),
    ]);
    const loads = await run([`${adds} await new Promise(() => {});`], { loadSeconds: 0.5 });
    expect(messages(loads)).toEqual([
      expect.stringMatching(/the load of .*file-0\.ts was not over after 0\.5 s/),
    ]);
  });

  it('fail where a test expects less than it says, and that test alone', async () => {
    const [report] = await run([
      `it('says two', () => { expect.assertions(2); expect(1).toBe(1); });
       it('says some', () => { expect.hasAssertions(); });
       it('says one', () => { expect.assertions(1); expect(1).toBe(1); });
       ${adds}`,
    ]);
    expect(report!.failures.map(({ id }) => id.replace(/.* › /, ''))).toEqual(['says two', 'says some']);
  });

  it('fail where the process ends after the report: the file that runs then, or its last one', async () => {
    const endsLater = `${adds} setInterval(() => process.env['NEXT'] && process.exit(7), 1).unref();`;
    const isNext = "it('waits', () => new Promise(() => { process.env['NEXT'] = 'yes'; }));";
    const reports = await run([endsLater, isNext, adds, endsBadly]);
    expect(failed(reports)).toEqual([0, 1, 0, 1]);
    expect(messages(reports)[1]).toMatch(/ended with 7 during .*file-1\.ts › waits\./);
    expect(messages(reports)[3]).toMatch(/ended with 8 during its end after .*file-3\.ts\./);
  });

  it('leave the environment and the status as they found them', async () => {
    const reports = await run([
      "it('sets', () => { Object.assign(process.env, { LEFT: 'behind', TZ: 'Asia/Tokyo', HOME: '/' }); });",
      `it('sees', () => {
        process.exitCode = 1;
        expect([process.env['LEFT'], process.env['HOME']]).toEqual([undefined, ${JSON.stringify(process.env['HOME'])}]);
        expect(new Date(0).getTimezoneOffset()).toBe(${new Date(0).getTimezoneOffset()});
      });`,
    ]);
    expect(failed(reports)).toEqual([0, 0]);
  });
});

describe('a test file that leaves something behind', () => {
  it('has failed, and the next one has another process', async () => {
    const leaves = "it('leaves', () => { process.exit = () => {}; setInterval(() => {}, 1e6); });";
    const reports = await run([leaves, adds], { restSeconds: 0.1 });
    expect(failed(reports)).toEqual([1, 0]);
    expect(wholeFailure(reports[0]!)).toBe('It left behind: process.exit, Timeout.');
  });

  it('has not failed where that goes away in time', async () => {
    expect(failed(await run(["it('starts', () => void setTimeout(() => {}, 100));"]))).toEqual([0]);
  });
});

describe('test files of several groups', () => {
  const apart = { groupOf: () => undefined };
  // It passes for what a package sets at its load.
  const sets = "it('sets', () => expect((globalThis.awslambda = 1)).toBe(1));";
  const sees = "it('sees', () => expect(globalThis.awslambda).toBeUndefined());";

  it('share no process', async () => {
    expect(failed(await run([sets, sees]))).toEqual([0, 1]);
    expect(failed(await run([sets, sees], apart))).toEqual([0, 0]);
  });

  it('may leave something behind in a process of their own', async () => {
    const leaves = "it('leaves', () => void setInterval(() => {}, 1e6));";
    expect(failed(await run([leaves, adds], apart))).toEqual([0, 0]);
  });

  it('share none that holds much memory', async () => {
    expect(failed(await run([sets, sees], { mostBytes: 1 }))).toEqual([0, 0]);
  });

  it('run group by group', async () => {
    const begun: string[] = [];
    const groupOf = (file: string) => (/[02]\.ts$/.test(file) ? 'even' : 'odd');
    await run([adds, adds, adds, adds], {
      groupOf,
      onStart: (file) => void begun.push(file.replace(/.*file-/, '')),
    });
    expect(begun).toEqual(['0.ts', '2.ts', '1.ts', '3.ts']);
  });

  it('fail where their process does not end well', async () => {
    const reports = await run([endsBadly, adds], apart);
    expect(wholeFailure(reports[0]!)).toMatch(/ended with 8 during its end after .*file-0\.ts\./);
    expect(wholeFailure(reports[1]!)).toBeUndefined();
  });

  it('are not begun where Jest was interrupted', async () => {
    const begun: string[] = [];
    const onStart = (file: string) => void begun.push(file);
    await runFiles([join(folder, 'file-0.ts')], {
      ...{ processes: 1, loadSeconds: 600, testSeconds: 600, onStart, onReport: () => {} },
      isStopped: () => true,
    });
    expect(begun).toEqual([]);
  });
});

describe('what Jest reports of a file', () => {
  const grouped = (test: string) =>
    `import { beforeAll, describe } from '@jest/globals'; ${adds} describe('group', () => { ${test} });`;

  it('has the titles of each test, and why it failed', async () => {
    const [report] = await run([grouped("it('adds', () => expect(1 + 1).toBe(3));")]);
    const result = jestResult(report!, { start: 1, end: 7_000 });
    expect(result).toMatchObject({ numPassingTests: 1, numFailingTests: 1, numPendingTests: 0 });
    expect(result.testResults).toMatchObject([
      { ancestorTitles: [], title: 'adds', fullName: 'adds', status: 'passed', failureMessages: [] },
      { ancestorTitles: ['group'], title: 'adds', fullName: 'group adds', status: 'failed' },
    ]);
    expect(result.failureMessage).toMatch(/● group › adds\n[\s\S]*Expected: 3/);
    expect(result.perfStats).toEqual({ start: 1, end: 7_000, runtime: 6_999, slow: true });
    expect(wholeFailure(report!)).toBeUndefined();
  });

  it('fails every test behind a hook that fails', async () => {
    const fails = "beforeAll(() => { throw new Error('no world'); });";
    const [report] = await run([grouped(`${fails} it('one', () => {}); it('two', () => {});`)]);
    const { testResults } = jestResult(report!, { start: 1, end: 2 });
    expect(testResults.map(({ status }) => status)).toEqual(['passed', 'failed', 'failed']);
    expect(testResults[1]?.failureMessages.join()).toContain('no world');
    expect(testResults[2]?.failureMessages.join()).toContain('did not run');
  });

  it('leaves out tests whose titles nobody asked for', async () => {
    const [report] = await run([grouped("it('subtracts', () => {});")], { titles: 'group SUB' });
    const { testResults, numPendingTests } = jestResult(report!, { start: 1, end: 2 });
    expect(testResults.map(({ status }) => status)).toEqual(['pending', 'passed']);
    expect(numPendingTests).toBe(1);
  });

  it('is a failure of the whole file where it cannot be loaded', async () => {
    const [report] = await run(["throw new Error('not today');"]);
    expect(wholeFailure(report!)).toContain('not today');
  });
});
