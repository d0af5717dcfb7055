/**
 * For each reason code: what happens next without action, who can change it, and how. The reason's sentence describes the
 * state; this says what to do, with the operator's commands. It must list every code, so that a new one is not forgotten.
 */
import type { ReasonCode } from '../../core/reason.ts';
import type { Actor } from './explanation.ts';

export interface Guidance {
  readonly who: Actor;
  readonly next: string;
  readonly fix?: string;
}

export interface About {
  /** The tenant, as commands take it. */
  readonly tenant: string;
  readonly tier: string;
  /** One of the operator's own controllers rejected it, or gave no answer. */
  readonly ofPlatform?: boolean;
  /** Mayfly maintains the runner group, and adds the job's repository to it. */
  readonly mayflyAddsRepository?: boolean;
}

const byOperator = (tenant: string, next: string): Guidance => ({
  who: 'operator',
  next,
  fix: `npx mayfly controllers decisions ${tenant} names the controller; npx mayfly controllers update @platform CONTROLLER changes its rules, exempts the repository, or disables it.`,
});

type Advice = Guidance | ((about: About) => Guidance);

const nobody = (next: string): Guidance => ({ who: 'nobody', next });
const runAgain = 'Re-run the job on GitHub.';
const settings =
  'An owner must change the setting that the reason names, under Settings → Actions → Runner groups.';

const advice: Readonly<Record<ReasonCode, Advice>> = {
  queued: nobody(
    'A machine is launched for it within seconds, or, at the latest, by the next sweep, within a minute.',
  ),
  'tenant-unknown': {
    who: 'operator',
    next: 'GitHub is asked about the installation each minute. The job starts if GitHub confirms it, and is refused if not.',
    fix: 'If this persists, check npx mayfly dead-letters and the log of the tenant manager. The installation may belong to another App than the one stored here.',
  },
  'tenant-pending': ({ tenant }) => ({
    who: 'operator',
    next: 'It starts within seconds of the approval.',
    fix: `npx mayfly tenant approve ${tenant}`,
  }),
  'tenant-suspended': ({ tenant }) => ({
    who: 'operator',
    next: 'None of the tenant’s jobs starts. Once the suspension is lifted, the platform picks it up again if GitHub still has it queued.',
    fix: `If the operator suspended it: npx mayfly tenant resume ${tenant}. If the account did so on GitHub, an owner must unsuspend the App there.`,
  }),
  'tenant-deleted': {
    who: 'owner',
    next: 'Nothing starts for an account that uninstalled the App.',
    fix: 'An owner must install the App again and re-run the job.',
  },
  'predecessor-draining': nobody(
    'It starts when the last machine of the account’s earlier installation has ended.',
  ),
  'tenant-limit': ({ tenant }) => ({
    who: 'nobody',
    next: 'It starts when one of the tenant’s machines ends.',
    fix: `To give the tenant more machines: npx mayfly tenant set ${tenant} --max-runners N`,
  }),
  'tier-limit': ({ tenant, tier }) => ({
    who: 'nobody',
    next: `It starts when one of the tenant’s ${tier} machines ends.`,
    fix: `To give the tenant more of them: npx mayfly tenant set ${tenant} --tier-limit ${tier}=N. Or, for every tenant, maxRunners of the tier ${tier} in mayfly.config.ts and a deploy.`,
  }),
  'tier-not-allowed': ({ tenant, tier }) => ({
    who: 'author',
    next: 'It stays refused.',
    fix: `The author must change runs-on to a tier that the tenant may use, or the operator must allow ${tier}: npx mayfly tenant set ${tenant} --allowed-tiers LIST`,
  }),
  'labels-unknown': {
    who: 'author',
    next: 'It stays queued on GitHub until somebody cancels it, or a day has passed.',
    fix: 'The author must change runs-on to labels that all belong to one tier.',
  },
  'owner-mismatch': {
    who: 'owner',
    next: 'It stays refused.',
    fix: 'An owner must install the App on the account that now owns the repository.',
  },
  'repository-removed': {
    who: 'owner',
    next: 'It stays refused.',
    fix: 'An owner must add the repository to the installation of the App and re-run the job.',
  },
  'repository-not-allowed': ({ tenant }) => ({
    who: 'operator',
    next: 'It stays refused; re-run it once the repository is allowed.',
    fix: `npx mayfly tenant show ${tenant} shows which repositories may run jobs; npx mayfly tenant set ${tenant} --repositories LIST changes them, and --public whether public ones may.`,
  }),
  'admission-pending': nobody(
    'It starts once every controller with a scope that covers it has admitted it; until then they are asked every minute.',
  ),
  'controller-rejected': ({ tenant, ofPlatform }) => {
    const next =
      'It stays refused. Once one of the controllers is changed, the platform picks it up again if GitHub still has it queued.';
    if (ofPlatform) return byOperator(tenant, next);
    const fix = `The reason comes from the controller. An administrator of the controllers of ${tenant} can change its rules, exempt the repository, or disable it.`;
    return { who: 'owner', next, fix };
  },
  'controller-unavailable': ({ tenant, ofPlatform }) => {
    const next =
      'The controller is asked again, at most ten minutes later each time, and the job is refused after the seventh failure.';
    if (ofPlatform) return byOperator(tenant, next);
    const fix = `An administrator of the controllers of ${tenant} must fix the one that the reason names, disable it (npx mayfly controllers update ${tenant} CONTROLLER --state disabled), or set its failure policy to admit (--on-failure admit).`;
    return { who: 'owner', next, fix };
  },
  'public-repository': { who: 'owner', next: 'It starts within minutes of the change.', fix: settings },
  'repository-not-in-group': ({ mayflyAddsRepository }) =>
    mayflyAddsRepository
      ? {
          ...nobody('Mayfly adds the repository at its next visit, within five minutes.'),
          fix: 'If it is still missing then, the log of the reconciler says why (group-not-kept).',
        }
      : { who: 'owner', next: 'It starts within minutes of the change.', fix: settings },
  'group-unknown': nobody('It starts within seconds, once GitHub has said what the group admits.'),
  'group-missing': ({ tenant }) => ({
    who: 'owner',
    next: 'It starts within minutes of the change.',
    fix: `An owner must create a runner group of that name, or the operator must name another: npx mayfly tenant set ${tenant} --group NAME`,
  }),
  'groups-unavailable': ({ tenant }) => ({
    who: 'operator',
    next: 'It starts within minutes of the change.',
    fix: `The operator must remove the tenant’s runner group (npx mayfly tenant set ${tenant} --group default), or the organization needs a plan with runner groups.`,
  }),
  'permission-missing': {
    who: 'owner',
    next: 'It starts as soon as GitHub reports the permission, or with the next attempt, ten minutes after the last one.',
    fix: 'An owner must accept the App’s permissions, under Settings → GitHub Apps → Configure.',
  },
  'github-limited': nobody(
    'GitHub accepts calls again when its rate limit resets; one machine then tries first.',
  ),
  'shared-cap': nobody(
    'It starts when it is its tenant’s turn: the tenant with the fewest machines relative to its weight is next.',
  ),
  'launch-rate': nobody('The tenant can start machines again within seconds.'),
  'spend-cap': ({ tenant }) => ({
    who: 'operator',
    next: 'It starts when the reason says, or within seconds once the cap is raised.',
    fix: `To give the tenant more: npx mayfly tenant set ${tenant} --spend-cap DOLLARS, or --daily-cap DOLLARS. npx mayfly tenant show ${tenant} says what is used.`,
  }),
  'waiting-cap': {
    who: 'author',
    next: 'While GitHub has it queued, the reconciler picks it up again once fewer jobs wait.',
    fix: `${runAgain} If the tenant needs a longer line: caps.waitingJobsPerTenant in mayfly.config.ts and a deploy.`,
  },
  'blocked-cap': {
    who: 'author',
    next: 'It stays refused unless it is re-run.',
    fix: `Approve or cancel the runs that wait for approval. ${runAgain}`,
  },
  capacity: nobody('The other pools are tried immediately, and these are retried within three minutes.'),
  quota: {
    who: 'operator',
    next: 'It is retried every minute, and starts when other machines of the account end.',
    fix: 'Request a higher vCPU quota: npx mayfly preflight prints the command.',
  },
  throttled: nobody(
    'Waiting tenants take turns, one call to EC2 each; the job is retried on its tenant’s turn.',
  ),
  'launch-failed': {
    who: 'operator',
    next: 'It is retried every five minutes, or every hour if AWS does not offer the type.',
    fix: 'The runbook’s article launches-fatal explains EC2’s codes; the log of scale-up has EC2’s message.',
  },
  'runner-ended': nobody('It gets another machine within seconds.'),
  'runner-taken': nobody('It gets the next machine, within seconds if there is room.'),
  'runner-taken-by-unknown-job': nobody('It gets the next machine, within seconds if there is room.'),
  'runners-lost': {
    who: 'operator',
    next: 'The next machine is launched when its pause is over; the pauses grow to an hour at most.',
    fix: 'Look at how the last machine ended: npx mayfly logs INSTANCE. If machines listen and get no job, ask an owner to check the runner group’s workflow restrictions.',
  },
  'gone-from-github': nobody(
    'It is closed if GitHub still says so after eight minutes; after any other answer it keeps waiting.',
  ),
  'run-ended': nobody(
    'It is closed if GitHub still says so after eight minutes; after any other answer it keeps waiting.',
  ),
  'github-refused': {
    who: 'operator',
    next: 'One machine retries every two minutes.',
    fix: 'If this persists, the setting that GitHub’s message names is wrong: npx mayfly tenant validate shows which.',
  },
  'waited-too-long': {
    who: 'author',
    next: 'It is over; GitHub cancels it after 24 hours.',
    fix: runAgain,
  },
};

export function guidanceOf(code: ReasonCode, about: About): Guidance {
  const found: Advice | undefined = advice[code];
  // A code that is not in the table comes from a newer version of the platform.
  if (!found)
    return { who: 'operator', next: 'This version does not know the code.', fix: 'Update the CLI.' };
  return typeof found === 'function' ? found(about) : found;
}
