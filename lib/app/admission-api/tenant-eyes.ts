/**
 * What a tenant sees where the operator's controllers took part in a decision: that the operator's policy rejected, and
 * why. Who and how many they are, what they admit, what they would reject in dry run and that they fail is visible only
 * to the operator.
 */
import { platformOwner } from '../../core/controllers/controller.ts';
import type { Decision, DecisionOutcome } from '../../core/controllers/decision.ts';
import { outcomeOf, type Tried } from './try-job.ts';

/** In place of the name of one of the operator's controllers. */
export const operatorsPolicy = 'operator';

/** Without decisions that only the operator's controllers took part in, unless they stopped the job. */
export const decisionsForTenant = (decisions: readonly Decision[]): Decision[] =>
  decisions.flatMap((decision) => decisionForTenant(decision) ?? []);

function decisionForTenant(decision: Decision): Decision | undefined {
  const isOwn = ({ owner }: { owner: number }) => owner !== platformOwner;
  const { platformEpoch: _, votes: all, outcome: whole, ...rest } = decision;
  const votes = all.flatMap((vote) => {
    if (isOwn(vote)) return [vote];
    if (vote.vote !== 'reject' || !vote.enforced) return [];
    return [{ ...vote, controllerId: operatorsPolicy, milliseconds: 0 }];
  });
  const hasFailed = votes.some(({ vote, enforced }) => vote === 'failed' && enforced);
  const outcome: DecisionOutcome = whole === 'failed-open' && !hasFailed ? 'admitted' : whole;
  const isHidden = outcome === 'admitted' && votes.length === 0 && all.length > 0;
  return isHidden ? undefined : { ...rest, votes, outcome };
}

export function triedForTenant({ kind, votes: all }: Tried): Tried {
  const votes = all.flatMap((tried) => {
    const { controller, vote } = tried;
    if (controller.owner !== platformOwner) return [tried];
    if (vote !== 'reject' || controller.state !== 'enabled') return [];
    return [{ ...tried, controller: { ...controller, id: operatorsPolicy } }];
  });
  return { kind, outcome: outcomeOf(votes), votes };
}
