/**
 * May this principal make this call? All of its questions must be allowed; the first that is not becomes an
 * error that reads as AWS's own, with the principal, the action and the resource, so that the missing grant
 * can be copied from it.
 */
import { AwsError, type IamQuestion, type Principal } from '../service.ts';
import { explain } from './evaluate.ts';
import type { IamLog } from './iam-log.ts';

export interface Surroundings {
  readonly region: string;
  readonly accountId: string;
}

/** Undefined: allowed. Each decision goes into the log. */
export function findRefusal(
  caller: Principal,
  questions: readonly IamQuestion[],
  surroundings: Surroundings & { readonly iam: IamLog },
): AwsError | undefined {
  if (caller.isOperator) return undefined;
  for (const question of questions) {
    const context = { ...globalContext(caller, surroundings), ...question.context };
    const { verdict, reason, by } = explain(caller.policies, { ...question, context });
    if (verdict !== 'allowed') {
      surroundings.iam.denied(caller.name, question);
      return accessDenied(caller, question, denialReason(verdict, reason));
    }
    surroundings.iam.allowed(caller.name, question, by);
  }
  return undefined;
}

function denialReason(verdict: 'explicitDeny' | 'implicitDeny', reason: string | undefined) {
  if (verdict === 'implicitDeny') return 'because no identity-based policy allows the action';
  return `with an explicit deny in an identity-based policy (${reason})`;
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

/** The keys that AWS adds to every request. The loopback counts as secure transport: on AWS, it is TLS. */
function globalContext(caller: Principal, { region, accountId }: Surroundings) {
  return {
    'aws:principalarn': caller.arn,
    'aws:principalaccount': accountId,
    'aws:requestedregion': region,
    'aws:securetransport': 'true',
  };
}
