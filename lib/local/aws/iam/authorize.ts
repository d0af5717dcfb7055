/**
 * May this principal make this call? Everything that the call needs must be allowed; the first refusal becomes an error
 * that reads as AWS's own, with principal, action and resource, so that the missing grant can be copied from it.
 */
import { AwsError, type IamQuestion, type PolicyDocument, type Principal } from '../service.ts';
import { refusedByBoundary } from './boundary.ts';
import { type Explanation, evaluateResourcePolicy, explain } from './evaluate.ts';
import type { IamLog } from './iam-log.ts';

export interface Surroundings {
  readonly region: string;
  readonly accountId: string;
}

/** An administrator: what a resource denies is denied to them, too. */
const mayAll: Explanation = { verdict: 'allowed', by: [] };

/** Undefined: allowed. Logs each decision except those about the operator. */
export function findRefusal(
  caller: Principal,
  questions: readonly IamQuestion[],
  surroundings: Surroundings & { readonly iam: IamLog; readonly policy?: PolicyDocument | undefined },
): AwsError | undefined {
  for (const question of questions) {
    const asked = { ...question, context: { ...globalContext(caller, surroundings), ...question.context } };
    const own = caller.isOperator ? mayAll : explain(caller.policies, asked);
    const resources = surroundings.policy
      ? evaluateResourcePolicy(surroundings.policy, { question: asked })
      : { verdict: 'implicitDeny' as const, by: [] };
    const because = refusedByBoundary(caller.boundary, asked) ?? denial(own, resources);
    if (because !== undefined) {
      if (!caller.isOperator) surroundings.iam.denied(caller.name, question);
      return accessDenied(caller, question, because);
    }
    if (!caller.isOperator) surroundings.iam.allowed(caller.name, question, own.by);
  }
  return undefined;
}

/** Undefined: allowed. Within one account either policy may allow, and either may deny. */
function denial(own: Explanation, resources: Explanation): string | undefined {
  if (own.verdict === 'explicitDeny')
    return `with an explicit deny in an identity-based policy (${own.reason})`;
  if (resources.verdict === 'explicitDeny') {
    return `with an explicit deny in a resource-based policy (${resources.reason})`;
  }
  const isAllowed = own.verdict === 'allowed' || resources.verdict === 'allowed';
  return isAllowed ? undefined : 'because no identity-based policy allows the action';
}

function accessDenied(caller: Principal, { action, resource }: IamQuestion, because: string) {
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  return action.startsWith('ec2:')
    ? new AwsError(
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. ${message}`,
        403,
      )
    : new AwsError('AccessDeniedException', message, 400);
}

/** The keys that AWS adds to every request. Loopback counts as secure transport: on AWS it is TLS. */
function globalContext(caller: Principal, { region, accountId }: Surroundings) {
  return {
    'aws:principalarn': caller.arn,
    'aws:principalaccount': accountId,
    'aws:requestedregion': region,
    'aws:securetransport': 'true',
  };
}
