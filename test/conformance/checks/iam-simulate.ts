/**
 * A second judge of the functions' roles, besides the laptop's: @cloud-copilot/iam-simulate, with AWS's own table of
 * condition keys. Each grant must allow a call that AWS could make of it, the platform's own launches must be allowed, and
 * what is dangerous denied. Wherever the two judges differ, that is a finding too.
 */
import { evaluate } from '../../../lib/local/aws/iam/evaluate.ts';
import type { IamQuestion, PolicyStatement } from '../../../lib/local/aws/service.ts';
import { everyPolicy } from '../../iam/fresh-document.ts';
import { launchQuestions } from '../../iam/launch-attacks.ts';
import type { Policy, Statement } from '../../iam/platform-policies.ts';
import { type Check, type Outcome, verdict } from '../support/check.ts';
import { dangerous } from '../support/iam/dangerous.ts';
import { grantedCalls } from '../support/iam/granted.ts';
import { knownDifferences } from '../support/iam/known-differences.ts';
import { accountId, type Judge, type Judgement, loadJudge } from '../support/iam/simulate.ts';
import { npmTools } from '../support/toolbox.ts';

export const iamSimulate: Check = {
  name: 'iam-simulate',
  async run(tell): Promise<Outcome> {
    const judge = await loadJudge(await npmTools(tell));
    const roles = platformRoles();
    const findings: string[] = [];
    const counts = { grants: 0, launches: 0, attacks: 0 };
    for (const role of roles) {
      counts.grants += grantedCalls(role.statements).length;
      findings.push(...(await grantFindings(judge, role)));
    }
    for (const role of roles.filter(({ of }) => ['scale-up', 'sweep'].includes(of))) {
      const launch = launchQuestions(role, { ...place, environment: 'my-saas', instanceType: 't3.medium' });
      for (const market of ['spot', 'on-demand'] as const) {
        for (const question of launch.own(market)) {
          counts.launches += 1;
          const needed = Object.keys(question.context ?? {});
          findings.push(
            ...(await findingsOf(judge, role, { question, allowed: true, needed, what: market })),
          );
        }
      }
      for (const [what, ask] of Object.entries(launch.attacks)) {
        counts.attacks += 1;
        findings.push(...(await attackFindings(judge, role, { what, questions: ask() })));
      }
    }
    for (const { function: of, what, question } of dangerous) {
      counts.attacks += 1;
      const role = roles.find((one) => one.of === of);
      findings.push(
        ...(role
          ? await findingsOf(judge, role, { question, allowed: false, what })
          : [`there is no function ${of}`]),
      );
    }
    if ((await grantFindings(judge, broken)).length === 0) {
      findings.push('a grant under a key that EC2 never gives is called usable: the judge says nothing');
    }
    const { grants, launches, attacks } = counts;
    const known = (finding: string) => knownDifferences.find(({ words }) => words.test(finding));
    const gone = knownDifferences.filter((difference) => !findings.some((one) => known(one) === difference));
    const figures = [
      `${grants} grants usable`,
      `${launches} questions about own launches allowed`,
      `${attacks} dangerous calls denied`,
      `known differences: ${knownDifferences.length}`,
    ].join(', ');
    return verdict(figures, [
      ...new Set(findings.filter((finding) => !known(finding))),
      ...gone.map(({ words }) => `the known difference ${words} is none any more; take it off the list`),
    ]);
  },
};

const place = { region: 'us-east-1', accountId };

/** Of the functions, with every option in use, and a real account in place of words. */
function platformRoles(): Policy[] {
  const text = JSON.stringify(everyPolicy().filter(({ kind }) => kind === 'function'));
  return JSON.parse(text.replaceAll('ACCOUNT', accountId).replaceAll('REGION', place.region)) as Policy[];
}

/** EC2 tells of no template where it asks about a spot request. The judge must find it, or the rest would say nothing. */
const broken: Policy = {
  stack: 'broken',
  logicalId: 'Broken',
  kind: 'function',
  of: 'broken',
  statements: [
    {
      Sid: 'Broken',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: `arn:aws:ec2:${place.region}:${accountId}:spot-instances-request/*`,
      Condition: { ArnLike: { 'ec2:LaunchTemplate': `arn:aws:ec2:*:${accountId}:launch-template/*` } },
    },
  ],
};

async function grantFindings(judge: Judge, role: Policy): Promise<string[]> {
  const findings: string[] = [];
  for (const { sid, question, needed } of grantedCalls(role.statements)) {
    findings.push(...(await findingsOf(judge, role, { question, allowed: true, needed, what: sid })));
  }
  return findings;
}

interface Expected {
  readonly what: string;
  readonly question: IamQuestion;
  readonly allowed: boolean;
  /** Keys that AWS must know for this action and resource. */
  readonly needed?: readonly string[];
}

async function findingsOf(judge: Judge, role: Policy, expected: Expected): Promise<string[]> {
  const { question, allowed, needed = [], what } = expected;
  const theirs = await judge(role.statements, question);
  const name = `${role.of} (${what}) ${question.action} on ${question.resource}`;
  const unknown = theirs.unknownKeys.filter((key) => needed.includes(key));
  return [
    ...(theirs.fault === undefined ? [] : [`${name}: cannot be judged: ${theirs.fault}`]),
    ...(unknown.length === 0 ? [] : [`${name}: AWS does not give ${unknown.join(', ')} there`]),
    ...(theirs.fault === undefined && theirs.allowed !== allowed ? [`${name}: ${said(theirs)}`] : []),
    ...difference(role.statements, { question, theirs, name }),
  ];
}

/** One denied question is enough to refuse a call. */
async function attackFindings(
  judge: Judge,
  role: Policy,
  { what, questions }: { readonly what: string; readonly questions: readonly IamQuestion[] },
): Promise<string[]> {
  const judged = await Promise.all(
    questions.map(async (question) => ({ question, theirs: await judge(role.statements, question) })),
  );
  const name = `${role.of} launches ${what}`;
  return [
    ...(judged.every(({ theirs }) => theirs.allowed) ? [`${name}: allowed`] : []),
    ...judged.flatMap(({ question, theirs }) =>
      difference(role.statements, {
        question,
        theirs,
        name: `${name}: ${question.action} on ${question.resource}`,
      }),
    ),
  ];
}

function difference(
  statements: readonly Statement[],
  { question, theirs, name }: { question: IamQuestion; theirs: Judgement; name: string },
): string[] {
  const document = { Statement: statements as unknown as PolicyStatement[] };
  const ours = evaluate([document], question) === 'allowed';
  return ours === theirs.allowed
    ? []
    : [`${name}: the laptop says ${said({ allowed: ours })}, the other ${said(theirs)}`];
}

const said = ({ allowed }: Pick<Judgement, 'allowed'>) => (allowed ? 'allowed' : 'denied');
