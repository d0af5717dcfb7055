/** The command itself: what it prints and how it ends, whatever its checks find. The checks need the network, so they are not run here. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { checkConfig } from '../../lib/config/check-config.ts';
import { type Check, type Outcome, ToolMissing } from './support/check.ts';
import { configurations } from './support/configurations.ts';
import { runChecks } from './support/run-checks.ts';
import { figuresOf, findingsOf, type JestReport } from './support/run-jest.ts';
import { runProgram } from './support/run-program.ts';
import { repository } from './support/toolbox.ts';

const passing: Outcome = { kind: 'passed', figures: '3 templates' };
const failing: Outcome = { kind: 'failed', figures: '3 templates', findings: ['E3012: bad'] };
const check = (name: string, run: () => Promise<Outcome>): Check => ({ name, run });
const sound = check('sound', async () => passing);
const broken = check('broken', async () => failing);
const dying = check('dying', async () => {
  throw new Error('it fell over');
});
const toolless = check('toolless', async () => {
  throw new ToolMissing('there is no python3', 'Install Python.');
});

async function ran(checks: readonly Check[], options: Parameters<typeof runChecks>[1] = {}) {
  const said: { out: string[]; error: string[] } = { out: [], error: [] };
  const status = await runChecks(checks, options, {
    out: (text) => void said.out.push(text),
    error: (text) => void said.error.push(text),
  });
  return { status, out: said.out.join(''), error: said.error.join('') };
}

describe('the outcome of all checks', () => {
  it.each([
    ['0 where all passed', [sound], 0],
    ['1 where one failed', [sound, broken], 1],
    ['1 where one ended in an unforeseen way', [dying, sound], 1],
    ['2 where one lacked a tool', [sound, toolless], 2],
    ['1 where one failed and another lacked a tool', [toolless, broken], 1],
  ])('is %s', async (_title, checks, status) => {
    expect((await ran(checks)).status).toBe(status);
  });

  it('is not changed by a missing tool where that is allowed', async () => {
    expect((await ran([sound, toolless], { allowMissing: true })).status).toBe(0);
    expect((await ran([broken, toolless], { allowMissing: true })).status).toBe(1);
  });

  it('is of those that were asked for', async () => {
    const { status, out } = await ran([sound, broken], { only: ['sound'] });
    expect(status).toBe(0);
    expect(out).not.toContain('broken');
  });

  it('is 2 for a check that there is not, with the names of those that there are', async () => {
    const { status, error, out } = await ran([sound, broken], { only: ['sond'] });
    expect(status).toBe(2);
    expect(error).toContain('there are sound, broken');
    expect(out).toBe('');
  });
});

describe('what is printed', () => {
  it('names each finding, and what a check lacked with the remedy', async () => {
    const { out, error } = await ran([broken, dying, toolless]);
    for (const text of ['E3012: bad', 'it fell over', 'there is no python3', 'Install Python.'])
      expect(out).toContain(text);
    expect(error).toContain('broken, 0 s: starts');
  });

  it('is one JSON list where that is wanted', async () => {
    const { out } = await ran([sound, broken, toolless], { json: true });
    expect(JSON.parse(out)).toEqual([
      { name: 'sound', seconds: expect.any(Number), outcome: passing },
      { name: 'broken', seconds: expect.any(Number), outcome: failing },
      {
        name: 'toolless',
        seconds: expect.any(Number),
        outcome: { kind: 'could not run', missing: 'there is no python3', remedy: 'Install Python.' },
      },
    ]);
  });
});

describe('a suite with tests that are known to fail', () => {
  const report = (tests: Readonly<Record<string, string>>): JestReport => ({
    numPassedTests: 0,
    numTotalTests: 0,
    testResults: [
      {
        name: 'some.test.ts',
        status: 'failed',
        message: '',
        assertionResults: Object.entries(tests).map(([fullName, status]) => ({
          ...{ fullName, status },
          failureMessages: status === 'failed' ? ['Received: 7'] : [],
        })),
      },
    ],
  });
  const known = [{ test: 'cannot', reason: 'the stand-in does not do it' }];

  it('is as expected where exactly those fail', () => {
    expect(findingsOf(report({ can: 'passed', cannot: 'failed' }), known)).toEqual([]);
  });

  it('counts each failure that is known, of a test that ran twice too', () => {
    const once = report({ can: 'passed', cannot: 'failed' });
    const twice = {
      ...once,
      numPassedTests: 2,
      numTotalTests: 4,
      testResults: [once, once].flatMap((one) => one.testResults),
    };
    expect(figuresOf(twice, known)).toBe('2 of 4 tests, 2 known not to hold there');
  });

  it.each([
    ['another one fails', { can: 'failed', cannot: 'failed' }, /^failed: can\nReceived: 7$/],
    ['one of them passes', { can: 'passed', cannot: 'passed' }, /known to fail, and does not: cannot/],
    ['one of them is skipped', { can: 'passed', cannot: 'pending' }, /pending: cannot/],
    ['one of them is gone', { can: 'passed' }, /known to fail, and does not: cannot/],
  ])('says that %s', (_title, tests, finding) => {
    expect(findingsOf(report(tests as unknown as Record<string, string>), known)).toContainEqual(
      expect.stringMatching(finding),
    );
  });
});

describe('the configurations', () => {
  it('hold every setting that there is', () => {
    const shape = readFileSync(join(repository, 'lib', 'config', 'config.ts'), 'utf8');
    const settings = [...shape.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name]) => name ?? '');
    expect(settings).toContain('capOverAllTenants');
    const held = new Set(
      Object.values(configurations).flatMap((config) =>
        [config, ...Object.values(config.tiers)].flatMap((part) => Object.keys(part)),
      ),
    );
    expect(settings.filter((name) => !held.has(name))).toEqual([]);
  });

  it.each(Object.entries(configurations))('%s has no fault', (_name, config) => {
    expect(checkConfig(config)).toMatchObject({ ok: true });
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-conformance-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  /** A machine that has Node, and nothing besides. */
  symlinkSync(process.execPath, join(folder, 'node'));
  const command = (...args: string[]) =>
    runProgram({
      command: process.execPath,
      args: [join(repository, 'test', 'conformance', 'conformance.ts'), ...args],
      seconds: 200,
      variables: { PATH: folder, MAYFLY_CONFORMANCE_FOLDER: join(folder, 'tools') },
    });

  it('ends with 2 where there is no Python, and says what to install', async () => {
    const { code, out } = await command('--only', 'moto', '--only', 'cfn-lint', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject(
      ['cfn-lint', 'moto'].map((name) => ({
        name,
        outcome: {
          kind: 'could not run',
          missing: 'there is no python3',
          remedy: expect.stringContaining('python3-venv'),
        },
      })),
    );
  });

  it('ends with 2 for an option that there is not', async () => {
    const { code, error } = await command('--fast');
    expect(code).toBe(2);
    expect(error).toContain("unknown option '--fast'");
  });
});
