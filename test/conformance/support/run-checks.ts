/**
 * Runs checks one after the other and tells what came of them, for people or as JSON. A check that ends in an unforeseen way
 * has failed; one that lacked a tool is neither passed nor failed, and says what to install.
 */
import { drawTable } from '../../../lib/cli/table.ts';
import { type Check, type Outcome, ToolMissing } from './check.ts';

/** 0: all passed. 1: one failed. 2: none failed, but one lacked a tool; or the command was not understood. */
export type ExitCode = 0 | 1 | 2;

export interface RunOptions {
  /** Names of checks. Absent: all. */
  readonly only?: readonly string[] | undefined;
  readonly json?: boolean;
  /** A check that lacks a tool is told, and changes nothing of the exit code. */
  readonly allowMissing?: boolean;
}

export interface Output {
  out(text: string): void;
  error(text: string): void;
}

export interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: Outcome;
}

export async function runChecks(
  checks: readonly Check[],
  options: RunOptions,
  output: Output,
): Promise<ExitCode> {
  const names = checks.map(({ name }) => name);
  const unknown = options.only?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    output.error(`--only ${unknown.join(', ')}: there is no such check; there are ${names.join(', ')}.\n`);
    return 2;
  }
  const results: Result[] = [];
  for (const check of checks.filter(({ name }) => options.only?.includes(name) ?? true)) {
    results.push(await runOne(check, output));
  }
  output.out(options.json ? `${JSON.stringify(results, null, 2)}\n` : report(results));
  const kinds = results.map(({ outcome }) => outcome.kind);
  if (kinds.includes('failed')) return 1;
  return kinds.includes('could not run') && !options.allowMissing ? 2 : 0;
}

async function runOne(check: Check, output: Output): Promise<Result> {
  const start = performance.now();
  const passed = () => (performance.now() - start) / 1000;
  const tell = (progress: string) =>
    output.error(`${check.name}, ${Math.round(passed())} s: ${progress} …\n`);
  tell('starts');
  const outcome = await check.run(tell).catch(explain);
  return { name: check.name, seconds: Math.round(passed() * 10) / 10, outcome };
}

/** What a check did not foresee is a failed check: it must not look as if nothing had been found. */
function explain(cause: unknown): Outcome {
  if (cause instanceof ToolMissing) {
    return { kind: 'could not run', missing: cause.message, remedy: cause.remedy };
  }
  const finding = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return { kind: 'failed', figures: 'did not end as it should', findings: [finding] };
}

function report(results: readonly Result[]): string {
  const rows = results.map(({ name, seconds, outcome }) => [
    name,
    outcome.kind,
    `${seconds} s`,
    outcome.kind === 'could not run' ? '' : outcome.figures,
  ]);
  const total = results.reduce((sum, { seconds }) => sum + seconds, 0);
  rows.push(['all', '', `${Math.round(total * 10) / 10} s`, '']);
  const table = drawTable(['check', 'outcome', 'time', 'figures'], rows);
  return `${results.map(complaint).join('')}\n${table}\n`;
}

function complaint({ name, outcome }: Result): string {
  if (outcome.kind === 'failed') {
    return `\n${name}:\n${outcome.findings.map((finding) => `  - ${finding}`).join('\n')}\n`;
  }
  if (outcome.kind === 'could not run') {
    return `\n${name} could not run: ${outcome.missing}\n  ${outcome.remedy}\n`;
  }
  return '';
}
