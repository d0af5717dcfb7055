/**
 * The CDK's own rules, with their findings as errors, and cdk-nag's AwsSolutions look at every configuration. What they
 * find must be accepted in accepted-findings.ts, with a reason, and nothing may be accepted there that they do not find.
 */
import { join } from 'node:path';
import { type AcceptedFinding, acceptedFindings } from '../accepted-findings.ts';
import { type Check, type Outcome, verdict } from '../support/check.ts';
import { configurations } from '../support/configurations.ts';
import { runProgram } from '../support/run-program.ts';
import { npmTools, repository } from '../support/toolbox.ts';

const asErrors = { '@aws-cdk/core:validateAgainstDefaultRules': true };

interface Report {
  readonly failure?: string;
  readonly report: {
    readonly pluginReports: readonly {
      readonly violations: readonly {
        readonly ruleName: string;
        readonly description: string;
        readonly violatingConstructs: readonly { readonly constructPath: string }[];
      }[];
    }[];
  };
}

interface Finding {
  readonly rule: string;
  readonly at: string;
  readonly description: string;
}

export const cdkValidation: Check = {
  name: 'cdk-validation',
  async run(tell): Promise<Outcome> {
    const packages = await npmTools(tell);
    const used = new Set<AcceptedFinding>();
    const findings: string[] = [];
    let accepted = 0;
    for (const name of Object.keys(configurations)) {
      tell(name);
      const found = await validate(name, packages);
      for (const finding of found) {
        const entry = acceptedFindings.find(
          ({ rule, at }) => rule === finding.rule && at.includes(finding.at),
        );
        if (entry) used.add(entry);
        else findings.push(`${name}: ${finding.rule} at ${finding.at}: ${finding.description}`);
        if (entry) accepted += 1;
      }
    }
    for (const entry of acceptedFindings.filter((one) => !used.has(one))) {
      findings.push(`accepted but not found: ${entry.rule} at ${entry.at.join(', ')}; remove the entry`);
    }
    const figures = `${Object.keys(configurations).length} configurations, ${accepted} findings accepted by ${used.size} reasons`;
    return verdict(figures, findings);
  },
};

async function validate(name: string, packages: string): Promise<Finding[]> {
  const { code, out, error } = await runProgram({
    command: process.execPath,
    args: [join(repository, 'test', 'conformance', 'support', 'validate-app.ts'), name, packages],
    seconds: 120,
    variables: { CDK_CONTEXT_JSON: JSON.stringify(asErrors) },
  });
  if (code !== 0) throw new Error(`The validation of ${name} ended with ${code}: ${error.slice(-2000)}`);
  const { failure, report } = JSON.parse(out.slice(out.lastIndexOf('\n{') + 1)) as Report;
  const { environment, region } = configurations[name]!;
  const found = report.pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, description, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => ({
        rule: ruleName.replaceAll(`:${region}:`, ':<region>:'),
        at: constructPath.slice(environment.length + 1),
        description,
      })),
    ),
  );
  if (failure && found.length === 0) throw new Error(`The synthesis of ${name} failed: ${failure}`);
  return found;
}
