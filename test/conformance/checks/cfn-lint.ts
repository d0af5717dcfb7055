/**
 * AWS's own linter reads every template of every configuration: resource schemas, references, policies, limits. Warnings
 * count as findings; the one rule that is left out says why.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

/** A queue that is visible again `soon`. The linter must find it, or that it finds nothing else would say nothing. */
const broken = {
  Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 'soon' } } },
};
const brokenFile = 'broken.template.json';

async function lint(command: string, root: string): Promise<Outcome> {
  const templates = Object.entries(configurations).flatMap(([name, config]) => {
    const folder = synthesizeApp(config, { outdir: join(root, name) });
    return readdirSync(folder)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => join(folder, file));
  });
  writeFileSync(join(root, brokenFile), JSON.stringify(broken));
  const files = [join(root, brokenFile), ...templates];
  const args = ['--format', 'parseable', '--ignore-checks', ignoredRule, '--', ...files];
  const { out, error } = await runProgram({ command, args, seconds: 900 });
  const lines = out.split('\n').filter((line) => line.trim() !== '');
  const findings = lines.map((line) => line.replaceAll(`${root}/`, ''));
  const ofBroken = findings.filter((finding) => finding.startsWith(brokenFile));
  const figures = `${templates.length} templates of ${Object.keys(configurations).length} configurations`;
  if (ofBroken.length === 0) {
    return verdict(figures, [...findings, `cfn-lint finds nothing in a broken template. It said: ${error}`]);
  }
  return verdict(
    figures,
    findings.filter((finding) => !ofBroken.includes(finding)),
  );
}
