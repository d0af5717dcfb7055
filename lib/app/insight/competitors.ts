/** The jobs of a line that can take a machine: those that are held individually, or rest, are skipped. */
import { judge } from '../../core/admission.ts';
import type { Job } from '../../core/job.ts';
import { isResting } from '../../core/job-rest.ts';
import type { Facts } from './facts.ts';

export function isCompetitor(facts: Pick<Facts, 'platform' | 'tenant' | 'group' | 'now'>, job: Job): boolean {
  const tier = facts.platform.tiers.find(({ name }) => name === job.tier);
  if (!tier || isResting(job, facts.now)) return false;
  return judge(facts.tenant, tier, job, facts.group).kind === 'admit';
}
