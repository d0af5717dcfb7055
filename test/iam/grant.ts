/**
 * A grant at the grain at which it is judged: one action of one statement of one function, on one kind of resource. Where a
 * statement lists a queue for each tier, any of them shows that it is needed.
 */
export interface Grant {
  /** Without the environment: `scale-up`. */
  readonly function: string;
  readonly sid: string;
  readonly action: string;
  /** `queue`, `launch-template`, `*`. */
  readonly kind: string;
}

export const grantKey = ({ function: name, sid, action, kind }: Grant) =>
  `${name} ${sid} ${action} on ${kind}`;

/** Of an ARN, or of a pattern of one. */
export function kindOf(arn: string): string {
  const [, , service, , , ...rest] = arn.split(':');
  const name = rest.join(':');
  if (service === undefined) return arn;
  if (service === 'sqs') return 'queue';
  if (service === 'sns') return 'topic';
  if (service === 's3') return name.includes('/') ? 'object' : 'bucket';
  return name.split(/[:/]/)[0] ?? name;
}
