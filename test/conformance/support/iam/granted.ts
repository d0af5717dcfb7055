/**
 * For each grant of a function a call that it is there for: a resource that it names, and the condition keys that it asks
 * for, with values that it wants. What AWS does not know of such a call makes the grant worthless there.
 */
import { asList } from '../../../../lib/local/aws/iam/statement.ts';
import type { IamQuestion } from '../../../../lib/local/aws/service.ts';
import type { Statement } from '../../../iam/platform-policies.ts';

export interface GrantedCall {
  readonly sid: string;
  readonly question: IamQuestion;
  /** Keys without which the statement does not allow, in lower case. */
  readonly needed: readonly string[];
}

export function grantedCalls(statements: readonly Statement[]): GrantedCall[] {
  return statements.flatMap((statement) =>
    asList(statement.Action).flatMap((action) =>
      asList(statement.Resource ?? []).map((resource) => grantedCall(statement, { action, resource })),
    ),
  );
}

function grantedCall(
  { Sid = '', Condition = {} }: Statement,
  { action, resource }: { readonly action: string; readonly resource: string },
): GrantedCall {
  const asked = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => ({ operator, key, value: firstOf(value) })),
  );
  const needed = asked.filter(({ operator }) => !operator.endsWith('IfExists'));
  const context = Object.fromEntries(needed.map(({ key, value }) => [key, value]));
  return {
    sid: Sid,
    question: { action, resource, context },
    needed: needed.map(({ key }) => key.toLowerCase()),
  };
}

/** `*` in a value stands for anything. */
const firstOf = (value: unknown) =>
  String(asList(value as string | readonly string[])[0]).replaceAll('*', '0123456789abcdef0');
