/**
 * A permissions boundary: what a role's policies allow counts only if the boundary allows it too. It grants nothing by
 * itself.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
import type { IamQuestion, PolicyDocument } from '../service.ts';
import { explain } from './evaluate.ts';

/** Undefined: the boundary allows it, or there is none. Otherwise why not, in AWS's words. */
export function refusedByBoundary(
  boundary: PolicyDocument | undefined,
  question: IamQuestion,
): string | undefined {
  if (boundary === undefined) return undefined;
  const { verdict, reason } = explain([boundary], question);
  if (verdict === 'allowed') return undefined;
  if (verdict === 'explicitDeny') return `with an explicit deny in a permissions boundary (${reason})`;
  return 'because no permissions boundary allows the action';
}
