import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type FileReport, runFiles } from './run-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'mayfly-quick-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Files of these texts, all in one process; what each came to, in order. */
async function run(texts: readonly string[], testSeconds = 600): Promise<FileReport[]> {
  const files = texts.map((text, n) => {
    const file = join(folder, `file-${n}.ts`);
    writeFileSync(file, `import { expect, it } from '@jest/globals';\n${text}`);
    return file;
  });
  const reports: FileReport[] = [];
  await runFiles(files, { processes: 1, testSeconds, onReport: (report) => void reports.push(report) });
  expect(reports.map(({ file }) => file)).toEqual(files);
  return reports;
}

const failed = (reports: readonly FileReport[]) => reports.map(({ failures }) => failures.length);

describe('test files in one process', () => {
  it('are over when their tests are, and a failure names its test', async () => {
    const [good, bad] = await run([
      "it('adds', () => expect(1 + 1).toBe(2)); it('waits', async () => expect(await 3).toBe(3));",
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
    const reports = await run(
      [
        "it('exits', () => process.exit(0));",
        "it('rejects', async () => { Promise.reject(new Error('left')); await new Promise((go) => setTimeout(go, 50)); });",
        "it('hangs', () => new Promise(() => {}));",
        "it('adds', () => expect(1 + 1).toBe(2));",
      ],
      1,
    );
    expect(failed(reports)).toEqual([1, 1, 1, 0]);
    expect(reports[1]?.failures[0]?.message).toContain('Error: left');
    expect(reports[2]?.failures[0]?.message).toContain('hangs was not over after 1 s');
  });

  it('leave the environment as they found it', async () => {
    const reports = await run([
      "it('sets', () => { process.env['LEFT'] = 'behind'; expect(1).toBe(1); });",
      "it('sees', () => expect(process.env['LEFT']).toBeUndefined());",
    ]);
    expect(failed(reports)).toEqual([0, 0]);
  });
});
