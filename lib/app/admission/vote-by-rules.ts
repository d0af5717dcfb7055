/** A controller's vote as far as its own settings decide it: match, exemptions and rules. */
import type { Controller } from '../../core/controllers/controller.ts';
import type { ControllerVote } from '../../core/controllers/decision.ts';
import type { JobFacts } from '../../core/controllers/facts.ts';
import type { ScopedJob } from '../../core/controllers/scope.ts';
import { isExempt } from '../../core/controllers/who-judges.ts';
import type { Rules } from '../../ports/rules.ts';

export interface Question {
  readonly controller: Controller;
  readonly scoped: ScopedJob;
  readonly facts: JobFacts;
}

/**
 * none: its match leaves the job out. asked: the controller must be asked. github: GitHub must be asked about the run
 * first.
 */
export type OwnVote = Pick<ControllerVote, 'vote' | 'reason'> | 'none' | 'asked' | 'github';

/** @param rules undefined if the controller has no expression */
export function voteByRules({ controller, scoped, facts }: Question, rules: Rules | undefined): OwnVote {
  const { transport, match } = controller;
  if (isExempt(controller, scoped)) return { vote: 'exempt' };
  if (match !== undefined && rules) {
    if (needsGitHub(rules, match, facts)) return 'github';
    const matched = rules.judge(match, facts);
    if (matched === false) return 'none';
    if (matched !== true) return { vote: 'failed', reason: `match: ${matched.failed}` };
  }
  if (transport.kind !== 'rules' || !rules) return 'asked';
  if (transport.rules.some(({ reject }) => needsGitHub(rules, reject, facts))) return 'github';
  let failed: string | undefined;
  for (const [n, { reject, reason }] of transport.rules.entries()) {
    const verdict = rules.judge(reject, facts);
    if (verdict === true) return { vote: 'reject', reason };
    if (verdict !== false) failed ??= `rule ${n + 1}: ${verdict.failed}`;
  }
  return failed === undefined ? { vote: 'admit' } : { vote: 'failed', reason: failed };
}

const needsGitHub = (rules: Rules, expression: string, facts: JobFacts) =>
  factsToAsk(rules, expression, facts).length > 0;

/** `run.fork`: what the expression names, and GitHub must be asked for. Its answer includes an event, and all that there is. */
export function factsToAsk(rules: Rules, expression: string, facts: JobFacts): readonly string[] {
  if (facts.run.event !== undefined) return [];
  const { run, workflow } = facts;
  const known = Object.entries({ run, workflow }).flatMap(([root, fields]) =>
    Object.keys(fields).map((field) => `${root}.${field}`),
  );
  return rules.askedFacts(expression).filter((fact) => !known.includes(fact));
}

export const hasExpression = ({ transport, match }: Controller) =>
  match !== undefined || transport.kind === 'rules';
