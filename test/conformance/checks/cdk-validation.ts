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
    /** By the finding, the configurations that have it. */
    const findings = new Map<string, string[]>();
    let accepted = 0;
    for (const name of Object.keys(configurations)) {
      tell(name);
      for (const finding of await validate(name, packages)) {
        const entry = acceptedFindings.find((one) => accepts(one, finding));
        if (entry) {
          used.add(entry);
          accepted += 1;
        } else {
          const text = `${finding.rule} at ${finding.at}: ${finding.description}`;
          findings.set(text, [...(findings.get(text) ?? []), name]);
        }
      }
    }
    const unused = acceptedFindings.filter((one) => !used.has(one));
    const count = Object.keys(configurations).length;
    return verdict(`${count} configurations, ${accepted} findings accepted by ${used.size} reasons`, [
      ...[...findings].map(([text, names]) => `${text} (${names.join(', ')})`),
      ...unused.map(
        ({ rule, at }) => `accepted but not found: ${rule} at ${at.join(', ')}; remove the entry`,
      ),
    ]);
  },
};

function accepts({ rule, at }: AcceptedFinding, finding: Finding): boolean {
  const fits = (path: string) =>
    path.endsWith('*') ? finding.at.startsWith(path.slice(0, -1)) : finding.at === path;
  return rule === finding.rule && at.some(fits);
}

async function validate(name: string, packages: string): Promise<Finding[]> {
  const { code, out, error } = await runProgram({
    command: process.execPath,
    args: [join(repository, 'test', 'conformance', 'support', 'validate-app.ts'), name, packages],
    seconds: 600,
    // Where the tools are not inside the repository, cdk-nag finds the CDK by NODE_PATH.
    variables: { CDK_CONTEXT_JSON: JSON.stringify(asErrors), NODE_PATH: join(repository, 'node_modules') },
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
