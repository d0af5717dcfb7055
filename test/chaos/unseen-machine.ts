/**
 * EC2 shows a new machine late. Until then IAM sees no tags of it, so a permission with a condition on them refuses: AWS's
 * answer is UnauthorizedOperation, and lib/adapters/ec2/terminate.ts then asks DescribeInstances which machines it knows.
 * Chaos makes EC2 late, and its machines boot within a moment: a job may be over before EC2 shows its machine. Such a denial
 * is no missing permission. Source: https://github.com/aws/karpenter-provider-aws/issues/2100
 */
import type { IamQuestion } from '../../lib/local/aws/service.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';

/** Under lower-case names, as IAM compares them. */
const resourceTag = /^(aws|ec2):resourcetag\//;

/** @param isOurs whether the platform launched this machine, though EC2 may not show it */
export function isAboutUnseenMachine(
  { kind, fields }: LaptopEvent,
  isOurs: (instanceId: string) => boolean,
): boolean {
  if (kind !== 'denied') return false;
  const questions = (fields['questions'] ?? []) as readonly IamQuestion[];
  return questions.some(({ resource, context }) => {
    const instanceId = /:instance\/(i-\w+)$/.exec(resource)?.[1];
    const hasTags = Object.keys(context).some((key) => resourceTag.test(key));
    return instanceId !== undefined && !hasTags && isOurs(instanceId);
  });
}
