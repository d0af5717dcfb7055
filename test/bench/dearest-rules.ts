/**
 * The processor time of the dearest rules that an owner may have over one job: for the first job of a process, which reads
 * them, and for each other one. The operator may have as many over the same job.
 */
import { createRules } from '../../lib/adapters/cel/rules.ts';
import { changePolicy } from '../../lib/core/controllers/change-policy.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import type { Rules } from '../../lib/ports/rules.ts';
import { givenRules } from '../support/controllers.ts';
import { dearestRules, longestFacts } from '../support/dearest-rules.ts';
import { acme } from '../support/given.ts';
import { judged } from './goals.ts';
import { median, type Result } from './result.ts';
import type { Size } from './size.ts';

export function measureDearestRules({ dearestRules: most, dearestJobs: jobs }: Size): Result[] {
  const spent = Object.values(dearestRules).map((of) => timesOf(acceptedRules(of, most), jobs));
  const highest = (what: 'first' | 'next') => Math.max(...spent.map((times) => times[what]));
  return [
    judged("an owner's dearest rules, processor time for the first job", highest('first'), 'ms'),
    judged("an owner's dearest rules, processor time for each other job", highest('next'), 'ms'),
  ];
}

/** As many as one job may have to pass: 20 in a controller that is enabled with its first, until one is refused. */
function acceptedRules(of: (n: number) => string, most: number): string[] {
  const accepted: Controller[] = [];
  const { faultOf, stepsOf } = createRules();
  for (let n = 0; ; n += 1) {
    const id = `ctl_${Math.floor(n / 20)}`;
    const before = accepted.find((one) => one.id === id);
    const texts = [...textsOf(before ? [before] : []), of(n)];
    const { transport } = givenRules({}, ...texts);
    const policy = {
      owner: acme,
      epoch: 1,
      controllers: before ? accepted : [...accepted, givenRules({ id, state: 'disabled' }, 'false')],
    };
    const change = { kind: 'update', id, settings: { transport, state: 'enabled' } } as const;
    const targets = { tiers: [], repositoryIds: new Set<number>() };
    const result = changePolicy(policy, change, { at: '', targets, faultOf, stepsOf });
    if (result.kind === 'fault' || n === most) return textsOf(accepted);
    accepted.splice(0, accepted.length, ...result.policy.controllers);
  }
}

const textsOf = (controllers: readonly Controller[]): string[] =>
  controllers.flatMap(({ transport }) =>
    transport.kind === 'rules' ? transport.rules.map(({ reject }) => reject) : [],
  );

function timesOf(rules: readonly string[], jobs: number) {
  const evaluator = createRules();
  const times = Array.from({ length: jobs + 1 }, () => timeOf(evaluator, rules));
  return { first: times[0]!, next: median(times.slice(1)) };
}

function timeOf(evaluator: Rules, rules: readonly string[]): number {
  const before = process.cpuUsage();
  for (const rule of rules) evaluator.judge(rule, longestFacts);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
