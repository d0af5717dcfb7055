import { describe, expect, it } from '@jest/globals';
import { folderOf, folders } from './folders.ts';
import { printReport, reportOf } from './report.ts';

const source = ["const one = 'a';", "throw new Error('Nothing is here.');", ''].join('\n');
type Result = Parameters<typeof reportOf>[0][number];

const result = (status: Result['status'], over: Partial<Result> = {}): Result => ({
  fileName: `${process.cwd()}/lib/core/job.ts`,
  location: { start: { line: 1, column: 13 }, end: { line: 1, column: 16 } },
  mutatorName: 'StringLiteral',
  replacement: '""',
  status,
  ...over,
});
const message = { location: { start: { line: 2, column: 17 }, end: { line: 2, column: 35 } } };
const report = reportOf(
  [
    result('Killed'),
    result('Timeout'),
    result('Ignored'),
    result('Survived'),
    result('NoCoverage', message),
    result('Killed', { fileName: `${process.cwd()}/lib/app/claim/claim-job.ts` }),
  ],
  () => source,
);

describe('the report of a mutation run', () => {
  it('counts the mutants of each folder, and what was caught: also what never came to an end', () => {
    expect(report.folders).toEqual([
      { folder: 'app/claim', mutants: 1, caught: 100, goal: 75, survivors: 0 },
      { folder: 'core', mutants: 4, caught: 50, goal: 85, survivors: 2 },
    ]);
  });

  it('shows each survivor as it stands in its file, with its reason if there is one', () => {
    expect(report.survivors).toMatchObject([
      { file: 'lib/core/job.ts', line: 1, code: "const one = 'a';", before: "'a'" },
      { line: 2, before: "'Nothing is here.'", reason: expect.stringContaining('words for people') },
    ]);
    expect(report.survivors[0]).not.toHaveProperty('reason');
  });

  it.each<[string, boolean, boolean]>([
    ['{ jobId }', true, true],
    ['{ Jobs: 1 }', true, false],
    ['{ ended }', true, false],
    ['{ installationId }', true, true],
    ['{ one }', false, false],
    ['{ tier }', false, false],
  ])('knows what is logged, and keeps what is counted apart: %s', (object, isLogged, isAccepted) => {
    const source = [
      "telemetry.event('info', 'seen', {",
      '  ...{ jobId },',
      '}, { Jobs: 1 });',
      "telemetry.count('over', {",
      '  Ended: { ended },',
      '});',
      'const about = { installationId };',
      "telemetry.event('info', 'over', about);",
      'for (const one of found) end({ one });',
      'const why = { tier };',
      'end(why);',
    ].join('\n');
    const column = source.indexOf(object);
    const lines = source.slice(0, column).split('\n');
    const start = { line: lines.length, column: lines.at(-1)!.length + 1 };
    const end = { ...start, column: start.column + object.length };
    const mutant = { location: { start, end }, mutatorName: 'ObjectLiteral', replacement: '{}' };
    const [survivor] = reportOf([result('Survived', mutant)], () => source).survivors;
    expect([survivor?.isLogged, survivor?.reason !== undefined]).toEqual([isLogged, isAccepted]);
  });

  it.each([
    ["telemetry.event('info', 'over', about);", true],
    ["telemetry.event('info', 'over', { ...about });", true],
    ["telemetry.event('info', 'over', about);\n  if (late) {\n    end(about);\n  }", false],
    ["telemetry.event('info', 'over', about); end(about);", false],
    ["const why = { ...about, kind };\n  telemetry.event('info', 'over', why);", true],
    ['const why = { ...about, kind };\n  end(why);', false],
    ["telemetry.event('info', 'over', about);\n  end({ about: job });", true],
    ["telemetry.event('info', 'over', about);\n  end({ job: about });", false],
    ["telemetry.event('info', 'over', about);\n  end({ ...about });", false],
    ["// It is about one.\n  log('about one', it.about);\n  telemetry.event('info', 'over', about);", true],
    ["// It is about one.\n  log('about one', it.about);", false],
    ["telemetry.event('info', 'over', about);\n}\n\nfunction other(about: About) {\n  end(about);", true],
  ])('takes an object for logged only if all of its uses in its block are: %s', (uses, isLogged) => {
    const source = `function first() {\n  const about = { tier };\n  ${uses}\n}\n`;
    const location = { start: { line: 2, column: 17 }, end: { line: 2, column: 25 } };
    const mutant = { location, mutatorName: 'ObjectLiteral', replacement: '{}' };
    const [survivor] = reportOf([result('Survived', mutant)], () => source).survivors;
    expect(survivor).toMatchObject({ before: '{ tier }', isLogged });
  });

  it('is printed with the survivors that have no reason, or with all', () => {
    expect(printReport(report, false)).toContain('lib/core/job.ts:1  \'a\' → ""\n');
    expect(printReport(report, false)).not.toContain('Nothing is here');
    expect(printReport(report, true)).toContain('\'Nothing is here.\' → ""  (words for people');
    expect(printReport(report, false)).toContain('2 survivors, 1 of them without a reason');
  });
});

it('measures core, and each folder of app', () => {
  expect(folders).toEqual(expect.arrayContaining(['core', 'app/claim', 'app/reconciler']));
  expect(folderOf('lib/app/claim/claim-job.ts')).toBe('app/claim');
});
