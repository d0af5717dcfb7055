/**
 * AWS's own linter reads every template of every configuration: resource schemas, references, policies, limits. Warnings
 * count as findings; the one rule that is left out says why.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeApp } from '../../../lib/stacks/synthesize.ts';
import { type Check, type Outcome, verdict } from '../support/check.ts';
import { configurations } from '../support/configurations.ts';
import { runProgram } from '../support/run-program.ts';
import { pythonTools } from '../support/toolbox.ts';

/** A superfluous DependsOn: the CDK writes one from each function to its role, next to the reference. It does no harm. */
const ignoredRule = 'W3005';

export const cfnLint: Check = {
  name: 'cfn-lint',
  async run(tell): Promise<Outcome> {
    const programs = await pythonTools(tell);
    const root = mkdtempSync(join(tmpdir(), 'mayfly-cfn-lint-'));
    try {
      return await lint(join(programs, 'cfn-lint'), root);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

async function lint(command: string, root: string): Promise<Outcome> {
  const templates = Object.entries(configurations).flatMap(([name, config]) => {
    const folder = synthesizeApp(config, { outdir: join(root, name) });
    return readdirSync(folder)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => join(folder, file));
  });
  const args = ['--format', 'parseable', '--ignore-checks', ignoredRule, '--', ...templates];
  const { code, out, error } = await runProgram({ command, args, seconds: 180 });
  const findings = out.split('\n').filter((line) => line.trim() !== '');
  const figures = `${templates.length} templates, ${Object.keys(configurations).length} configurations`;
  if (code !== 0 && findings.length === 0) return verdict(figures, [`cfn-lint ended with ${code}: ${error}`]);
  return verdict(
    figures,
    findings.map((finding) => finding.replaceAll(`${root}/`, '')),
  );
}
