/**
 * IAM's decision about one question, by identity policies or by a resource's own policy. A deny wins over any allow,
 * whatever the order of statements. A statement that is not understood denies what it is about, and the explanation names
 * what was not understood. Pure: no clock, no account, no session or boundary policies.
 */
import type { IamQuestion, PolicyDocument, PolicyStatement } from '../service.ts';
import { asList, type CompiledStatement, compileDocument } from './statement.ts';

export type Verdict = 'allowed' | 'explicitDeny' | 'implicitDeny';

export interface Explanation {
  readonly verdict: Verdict;
  /** Which statement denied, or what in it was not understood. */
  readonly reason?: string;
  /** Each statement that allows it; empty unless it is allowed. */
  readonly by: readonly PolicyStatement[];
}

export function evaluate(policies: readonly PolicyDocument[], question: IamQuestion): Verdict {
  return explain(policies, question).verdict;
}

export function explain(policies: readonly PolicyDocument[], question: IamQuestion): Explanation {
  const by: PolicyStatement[] = [];
  for (const policy of policies) {
    const decision = decide(compileDocument(policy), question);
    if (decision.verdict === 'explicitDeny') return decision;
    by.push(...decision.by);
  }
  return { verdict: by.length > 0 ? 'allowed' : 'implicitDeny', by };
}

/**
 * Of a resource's policy, only statements count that name the calling service (`events.amazonaws.com`), if one calls, or
 * everyone.
 */
export function evaluateResourcePolicy(
  document: PolicyDocument,
  asked: { readonly principalService?: string; readonly question: IamQuestion },
): Explanation {
  const statements = compileDocument(document).filter(
    (statement) =>
      statement.fault !== undefined || namesService(statement.source.Principal, asked.principalService),
  );
  return decide(statements, asked.question);
}

function decide(statements: readonly CompiledStatement[], question: IamQuestion): Explanation {
  const by: PolicyStatement[] = [];
  for (const statement of statements) {
    if (!statement.concerns(question)) continue;
    const name = statement.source.Sid === undefined ? 'a statement' : `the statement ${statement.source.Sid}`;
    if (statement.fault !== undefined) {
      return { verdict: 'explicitDeny', reason: `${name} is refused: ${statement.fault}`, by: [] };
    }
    if (!statement.conditions.every((test) => test(question.context))) continue;
    if (statement.effect === 'Deny') return { verdict: 'explicitDeny', reason: `${name} denies it`, by: [] };
    by.push(statement.source);
  }
  return { verdict: by.length > 0 ? 'allowed' : 'implicitDeny', by };
}

/**
 * `"*"` and `{"AWS": "*"}` mean everyone:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
function namesService(principal: unknown, service: string | undefined): boolean {
  if (principal === '*') return true;
  if (typeof principal !== 'object' || principal === null) return false;
  const { AWS, Service } = principal as { AWS?: string | string[]; Service?: string | string[] };
  return (
    asList(AWS ?? []).includes('*') || (service !== undefined && asList(Service ?? []).includes(service))
  );
}
