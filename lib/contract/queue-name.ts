/** The name of a tier's queue: what the stack creates, policies allow, and commands look for. */
const end = '-builds';

/** With `*` as tier: the pattern of all tiers' queues in a policy. */
export const tierQueueOf = (environment: string, tier: string) => `${environment}-${tier}${end}`;

/** The tier of a queue that `tierQueueOf` named. */
export const tierOfQueue = (environment: string, queue: string) =>
  queue.slice(environment.length + 1, -end.length);
