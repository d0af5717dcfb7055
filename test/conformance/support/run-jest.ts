/** Runs some of the repository's own suites under other circumstances, and counts what came of them. */
import type { KnownFailure } from './known-failures.ts';
import { runProgram } from './run-program.ts';
import { repository } from './toolbox.ts';

export interface JestRun {
  /** Patterns of paths. */
  readonly suites: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly flags?: readonly string[];
  readonly knownFailures?: readonly KnownFailure[];
}

export interface JestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

export async function runJest({ suites, variables, seconds, flags = [], knownFailures = [] }: JestRun) {
  const args = ['run', '--silent', 'test:jest', '--', '--json', '--silent', ...flags, ...suites];
  const { out, error } = await runProgram({ command: 'npm', args, seconds, folder: repository, variables });
  const start = out.indexOf('{"');
  if (start < 0) return { figures: 'no report', findings: [`jest gave no report: ${error.slice(-2000)}`] };
  const report = JSON.parse(out.slice(start)) as JestReport;
  const findings = findingsOf(report, knownFailures);
  if (report.numTotalTests === 0) findings.push(`no test matched ${suites.join(', ')}`);
  return { figures: figuresOf(report, knownFailures), findings };
}

/** A test that runs twice, such as in two builds of an adapter, counts twice. */
export function figuresOf(report: JestReport, knownFailures: readonly KnownFailure[]): string {
  const names = new Set(knownFailures.map(({ test }) => test));
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const known = results.filter(({ status, fullName }) => status === 'failed' && names.has(fullName)).length;
  const besides = known > 0 ? `, ${known} known not to hold there` : '';
  return `${report.numPassedTests} of ${report.numTotalTests} tests${besides}`;
}

/** A test must pass unless it is known to fail, and then it must fail. */
export function findingsOf(report: JestReport, knownFailures: readonly KnownFailure[]): string[] {
  const known = new Set(knownFailures.map(({ test }) => test));
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status !== 'passed' && assertionResults.every((result) => result.status === 'passed'),
  );
  const failed = new Set(results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName));
  return [
    ...broken.map(({ name, message }) => `${name}: ${message}`),
    ...results
      .filter(({ status, fullName }) => status !== 'passed' && !(status === 'failed' && known.has(fullName)))
      .map(({ status, fullName, failureMessages = [] }) =>
        [`${status}: ${fullName}`, ...failureMessages].join('\n'),
      ),
    ...[...known]
      .filter((test) => !failed.has(test))
      .map((test) => `known to fail, and does not: ${test}; take it out of known-failures.ts`),
  ];
}
