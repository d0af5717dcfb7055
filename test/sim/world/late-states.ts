/**
 * EC2 shows a machine as running for some seconds after it has ended, also if the platform terminated it: "A command you run
 * to modify or describe a resource might not immediately reflect the resource's state".
 * https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
import type { WorldDeps } from './context.ts';
import type { Late } from './late-indexes.ts';

export function lagStates({ ports, auditor }: WorldDeps, { now, lag }: Late): void {
  const { compute } = ports;
  const { describeFailures } = auditor.ledger;
  const endedAt = new Map<string, number>();
  const { setState, terminate, describe } = compute;
  const note = (instanceId: string) => {
    if (!endedAt.has(instanceId)) endedAt.set(instanceId, now());
  };
  compute.setState = (instanceId, state) => {
    setState(instanceId, state);
    if (state === 'terminated') note(instanceId);
  };
  compute.terminate = async (instanceIds) => {
    const answer = await terminate(instanceIds);
    for (const instanceId of answer.accepted) note(instanceId);
    return answer;
  };
  compute.describe = async (instanceIds) => {
    const until = now() - lag();
    const isLate = (instanceId: string) => (endedAt.get(instanceId) ?? 0) > until;
    return (await describe(instanceIds)).map(({ takenBack, ...shown }) => {
      if (!isLate(shown.instanceId)) return takenBack ? { ...shown, takenBack } : shown;
      // Who asks now does not learn how it ended either, and charges for it.
      describeFailures.push(now());
      return { ...shown, state: 'running' };
    });
  };
}
