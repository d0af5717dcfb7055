/**
 * How long an invocation would wait for its calls on an idle machine: the longest chain of calls in which each began
 * after the previous one was answered, at the dialled latencies. The measured time is longer, because the stand-ins
 * share their cores with others.
 */
export interface TimedCall {
  readonly at: number;
  readonly endedAt: number;
  readonly latencyMs: number;
}

export function longestChain(calls: readonly TimedCall[]): number {
  const byEnd = [...calls].sort((one, other) => one.endedAt - other.endedAt);
  // chains[n]: the longest chain among the first n calls.
  const chains = [0];
  for (const [n, call] of byEnd.entries()) {
    const before = byEnd.filter(({ endedAt }, m) => m < n && endedAt <= call.at).length;
    chains.push(Math.max(chains[n]!, chains[before]! + call.latencyMs));
  }
  return chains.at(-1)!;
}
