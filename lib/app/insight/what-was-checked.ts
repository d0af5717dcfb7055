/** What an explanation is based on, one line each, so that readers see what was not looked at. */
import { levelNow } from '../../core/runner-level.ts';
import { leasesOf } from '../../core/shared-cap.ts';
import { unreadableErrors } from '../common/unreadable-errors.ts';
import type { Facts, GitHubFacts } from './facts.ts';

export function whatWasChecked(facts: Facts): readonly string[] {
  const { asked, job, tenant, line, plan, former, ranOn, unreadable, github, deadLetters } = facts;
  const launches = [plan?.launch, former?.launch].filter((launch) => launch !== undefined);
  const machines = [
    ...new Set([plan?.runner, former?.runner, ranOn].filter((runner) => runner !== undefined)),
  ];
  return [
    job ? `the job's row: ${job.state}, ${counted(job.attempts, 'launch', 'launches')}` : noRow(asked),
    ...tenantLines(facts),
    ...(line && job?.state === 'waiting'
      ? [`the line: ${line.isCut ? 'at least ' : ''}${counted(line.ahead, 'job', 'jobs')} before it`]
      : []),
    ...(line ? [`the tenant's latest jobs, for estimates: ${line.recent.length}`] : []),
    ...supplyLines(facts),
    ...launches.map(({ launchId, state }) => `launch ${launchId}: ${state}`),
    ...machines.map(({ instanceId, state }) => `machine ${instanceId}: ${state}`),
    ...unreadableErrors(unreadable ?? []).map(({ message }) => `not readable: ${message}`),
    ...(deadLetters ? [`dead letters about it: ${deadLetters.length || 'none'}`] : []),
    ...(github
      ? githubLines(github, job !== undefined)
      : [tenant || job ? 'GitHub was not asked (--github)' : 'GitHub was not asked']),
  ];
}

const noRow = ({ searchEndedAfter: count }: Facts['asked']) =>
  count === undefined
    ? 'no row for the job'
    : `no row for the job among the ${count} waiting jobs that were read; there are more`;

function tenantLines({ tenant, job, platform, group }: Facts): string[] {
  if (!tenant) return ['no tenant'];
  const tier = platform.tiers.find(({ name }) => name === job?.tier);
  const { level, isFallback } = levelNow(tenant);
  const inTier = tier ? `, ${tenant.tierLeases.get(tier.name) ?? 0} of them ${tier.name}` : '';
  return [
    `tenant ${tenant.accountLogin}: ${tenant.status}, ${tenant.leases} of ${tenant.maxRunners} machines${inTier}`,
    `runners register with the ${level}${isFallback ? ' (fallback)' : ''}`,
    ...(group
      ? [`runner group ${group.name ?? 'Default'}: ${group.standing?.kind ?? 'not checked recently'}`]
      : []),
  ];
}

function supplyLines({ supply, now }: Facts): string[] {
  if (!supply) return [];
  const closed = Object.entries(supply.closings).filter(([, { until }]) => until > now);
  return [
    `EC2: ${closed.length === 0 ? 'no closed pools' : `closed pools: ${closed.map(([name]) => name).join(', ')}`}${supply.pace ? '; calls are paced' : ''}`,
    ...supply.caps.map(
      ({ cap, use }) => `cap ${cap.name}: ${leasesOf(use)} of ${cap.machines}, ${use.waiters.length} in line`,
    ),
  ];
}

function githubLines({ installation, job, run, runner, deliveries }: GitHubFacts, hasRow: boolean): string[] {
  return [
    // A row names its installation, so GitHub is not asked for it.
    ...(hasRow && installation.kind === 'unknown' ? [] : [`GitHub, installation: ${installation.kind}`]),
    `GitHub, job: ${jobText(job)}`,
    ...(run ? [`GitHub, run ${run.runId}: ${run.completed ? `completed, ${run.conclusion}` : 'open'}`] : []),
    ...(runner === undefined ? [] : [`GitHub, runner: ${runner ? runnerText(runner) : 'not listed'}`]),
    ...(deliveries ? [`GitHub, deliveries of its webhook: ${deliveries.length}`] : []),
  ];
}

function jobText(job: GitHubFacts['job']): string {
  if (job.kind === 'found') return job.job.status;
  return job.kind === 'refused' ? `refused (${job.message})` : job.kind;
}

const counted = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

const runnerText = ({ online, busy }: { online: boolean; busy: boolean }) =>
  `${online ? 'online' : 'offline'}${busy ? ', busy' : ''}`;
