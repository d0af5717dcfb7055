/** Runs some of the repository's own suites under other circumstances, and counts what came of them. */
import { runProgram } from './run-program.ts';
import { repository } from './toolbox.ts';

export interface JestRun {
  /** Patterns of paths. */
  readonly suites: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly seconds: number;
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export async function runJest({ suites, variables, seconds }: JestRun) {
  const args = ['run', '--silent', 'test:jest', '--', '--json', '--silent', ...suites];
  const { out, error } = await runProgram({ command: 'npm', args, seconds, folder: repository, variables });
  const start = out.indexOf('{"');
  if (start < 0) return { figures: 'no report', findings: [`jest gave no report: ${error.slice(-2000)}`] };
  const report = JSON.parse(out.slice(start)) as JestReport;
  const findings = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((result) => result.status !== 'passed');
    if (failed.length === 0 && status !== 'passed') return [`${name}: ${message}`];
    return failed.map((result) => `${result.status}: ${result.fullName}`);
  });
  if (report.numTotalTests === 0) findings.push(`no test matched ${suites.join(', ')}`);
  return { figures: `${report.numPassedTests} of ${report.numTotalTests} tests`, findings };
}
