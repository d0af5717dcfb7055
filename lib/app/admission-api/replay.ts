/** Evaluates rules that are not stored yet against past jobs: which would have been rejected, and why. It only reads. */
import type { Controller, Rule } from '../../core/controllers/controller.ts';
import { platformOwner } from '../../core/controllers/controller.ts';
import { jobFacts, scopedJob } from '../../core/controllers/facts.ts';
import type { Job } from '../../core/job.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Rules } from '../../ports/rules.ts';
import { voteByRules } from '../admission/vote-by-rules.ts';

export interface ReplayedJob {
  readonly job: Job;
  /** asked: a rule needs facts that only GitHub has. failed: a rule cannot be evaluated. */
  readonly vote: 'admit' | 'reject' | 'failed' | 'asked';
  readonly reason?: string;
}

export interface Replay {
  readonly tenant: Tenant;
  readonly jobs: readonly Job[];
  readonly rules: readonly Rule[];
  /** The group that the tenant's machines join. */
  readonly group: string | undefined;
  /** In dollars an hour, of a job's tier. */
  readonly priceOf: (job: Job) => number | undefined;
}

/** Jobs without a tier are left out: nothing here would run them. */
export function replay(evaluator: Rules, { tenant, jobs, rules, group, priceOf }: Replay): ReplayedJob[] {
  const controller = candidate(rules);
  const unknown = [...new Set(rules.flatMap(({ reject }) => evaluator.askedFacts(reject)))].sort();
  return jobs
    .filter(({ tier }) => tier !== undefined)
    .map((job) => {
      const scoped = scopedJob(tenant, job, group);
      const facts = jobFacts(tenant, job, { scoped, pricePerHour: priceOf(job) });
      const own = voteByRules({ controller, scoped, facts }, evaluator);
      if (own === 'github' || own === 'asked')
        return {
          job,
          vote: 'asked',
          reason: `A rule needs facts that only GitHub has: ${unknown.join(', ')}.`,
        };
      if (own === 'none' || own.vote === 'exempt') return { job, vote: 'admit' };
      const { vote, reason } = own;
      return { job, vote, ...(reason === undefined ? {} : { reason }) };
    });
}

const candidate = (rules: readonly Rule[]): Controller => ({
  owner: platformOwner,
  id: 'replayed',
  description: '',
  state: 'enabled',
  transport: { kind: 'rules', rules },
  onFailure: 'reject',
  timeoutMilliseconds: 0,
  exemptRepositories: [],
  scopes: [],
  version: 0,
  createdAt: '',
  updatedAt: '',
});
