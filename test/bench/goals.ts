/**
 * Every goal of the benchmark, by the name of its result. A result that is not listed has no goal and cannot miss
 * one.
 */
import { functionNames, functionSettings } from '../../lib/contract/functions.ts';
import type { Result } from './result.ts';

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

const goals: Readonly<Record<string, Goal>> = {
  'scale-up of 25 jobs': { atMost: 1.5 },
  'scale-up of 100 jobs': { atMost: 2.5 },
  '1,000 jobs of one tenant: last CreateFleet sent': { atMost: 6 },
  '1,000 jobs of one tenant: by latencies alone': { atMost: 6 },
  '100 tenants with a job each: last CreateFleet sent': { atMost: 2 },
  '100 tenants with a job each: by latencies alone': { atMost: 2 },
  '60 tenants after one throttle: last machine': { atMost: 4 },
  'calls in scale-up, batch of 10': { atMost: 2.5 },
  'calls in scale-up, 10 jobs of 10 organizations': { atMost: 45 },
  'write units of scale-up a job, burst of 100': { atMost: 7 },
  'failed writes, burst of 100': { atMost: 5 },
  'failed writes, burst of 1000': { atMost: 5 },
  'a freed slot with 10,000 waiting, against 10': { atMost: 1.5 },
  '8 rules a job: wait of others, added': { atMost: 0 },
  '8 controllers behind URLs: wait of others, added': { atMost: 0 },
  '8 controllers that never answer: wait of others, added': { atMost: 0 },
  "8 controllers that hang: call of others' controllers, later by": { atMost: 0.3 },
  "the same in dry run: call of others' controllers, later by": { atMost: 0.3 },
  'a dry run that never answers: wait added': { atMost: 0 },
  '8 rules a job: calls added': { atMost: 1 },
  'rules at the queue gate, processor time added': { atMost: 5 },
  "an owner's dearest rules, processor time for the first job": { atMost: 500 },
  "an owner's dearest rules, processor time for each other job": { atMost: 200 },
  'a change over the longest rules, processor time': { atMost: 3000 },
  'a change among 2,000 scopes, processor time': { atMost: 1000 },
  'start gate: answer by a cached decision': { atMost: 300 },
  'start gate: time added to a job': { atMost: 300 },
  'costs by repository of 100,000 jobs': { atMost: 2 },
  'listing 10,000 tenants': { atMost: 3 },
  'listing 10,000 tenants, processor time': { atMost: 1.5 },
  'calls over a life, burst': { atMost: 11 },
  'write units a job, burst': { atMost: 12 },
  'dollars per million jobs, burst': { atMost: 14 },
  'dollars per million jobs, one at a time': { atMost: 22 },
  'a lease beside 10,000, against none': { atMost: 1.1 },
  'a lease under a cap with 100,000, against none': { atMost: 1.2 },
  'busiest row of a cap, 200 takings and freeings a second': { atMost: 1000 },
  'of it throttled': { atMost: 0 },
  'leases beyond the cap of 100,000': { atMost: 0 },
  'webhooks a second': { atLeast: 2000 },
  'webhook, processor time': { atMost: 0.25 },
  // The one above depends on how fast the machine is at that hour; this one does not.
  'webhook, against that baseline': { atMost: 1.5 },
  'bundle of webhook': { atMost: 30 },
  // A third of it is CEL, which is only loaded for a tenant with rules.
  'bundle of scale-up': { atMost: 760 },
  ...Object.fromEntries(functionNames.map((name) => [`load of ${name}`, { atMost: 100 }])),
  'load of webhook': { atMost: 40 },
  'load of scale-up': { atMost: 95 },
  // Hono, zod and CEL: only an administrator waits for it, now and then, and never a job.
  'load of admission-api': { atMost: 300 },
  'queued to machine asked for': { atMost: 300 },
  'completed to the next CreateFleet': { atMost: 0.3 },
  'machine up to runner listening': { atMost: 1500 },
  ...Object.fromEntries(
    functionNames.map((name) => [
      `peak memory of ${name}`,
      { atMost: 0.7 * functionSettings[name].memoryMegabytes },
    ]),
  ),
  'memory of claim after many claims': { atMost: 0.7 * functionSettings.claim.memoryMegabytes },
  'heap that claims leave behind': { atMost: 2 },
  synthesis: { atMost: 8 },
};

/** Compares a figure with its goal, as measured; it is rounded only for display. */
export function judged(name: string, value: number, unit: string): Result {
  const goal = Object.hasOwn(goals, name) ? goals[name] : undefined;
  if (!goal) return { name, value: rounded(value), unit, goal: null, met: null };
  return 'atMost' in goal
    ? { name, value: rounded(value), unit, goal: `at most ${goal.atMost}`, met: value <= goal.atMost }
    : { name, value: rounded(value), unit, goal: `at least ${goal.atLeast}`, met: value >= goal.atLeast };
}

/** Three significant digits, and all digits before the point. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
