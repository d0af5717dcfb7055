/** Explains a job that runs or is over: on which machine, how it ended, and whether it is taken up again. */
import { isRefusalOutdated } from '../../core/admission.ts';
import { durationText, timeBetween } from '../../core/duration-text.ts';
import type { Job } from '../../core/job.ts';
import type { Reason } from '../../core/reason.ts';
import { ofReason } from './explain-waiting.ts';
import type { Verdict } from './explanation.ts';
import type { Facts } from './facts.ts';
import { historyOf } from './history.ts';

export function explainRunning(facts: Facts, job: Job): Verdict {
  if (job.startRefusal) return refusedAtStart(facts, job, job.startRefusal);
  const { now, ranOn, platform } = facts;
  const { runner, startedAt = now } = job;
  const ran = Math.max(0, Math.round((now - startedAt) / 1000));
  const so = durationText(ran);
  if (runner === undefined) {
    return {
      code: 'running-elsewhere',
      line: `It has been running for ${so}, on a runner that does not belong to this platform.`,
      next: 'The sweep asks GitHub about it. No machine is kept for it.',
      fix: 'Another runner of the account has the same labels. To avoid that, give the tiers a label that no other runner has.',
      who: 'nobody',
    };
  }
  if (!ranOn || ranOn.state === 'ended' || job.unsettledAt !== undefined) {
    return {
      code: 'unsettled',
      line: `It ran on ${runner}, which has ended${ranOn?.endReason ? ` (${ranOn.endReason})` : ''}; GitHub has not reported how the job ended.`,
      next: 'The sweep asks GitHub within two minutes; then the job is closed, or waits again.',
      who: 'nobody',
    };
  }
  const { jobSeconds } = platform.limits;
  if (ran > jobSeconds) {
    return {
      code: 'over-time',
      line: `It has been running on ${runner} for ${so}, longer than limits.jobSeconds (${jobSeconds}).`,
      next: 'The sweep ends the machine within a minute, and the job fails on GitHub.',
      fix: 'Raise limits.jobSeconds in mayfly.config.ts and deploy, or split the job.',
      who: 'author',
    };
  }
  const { runSeconds, ended } = historyOf(facts.line?.recent ?? [], ranOn.tier);
  return {
    code: 'running',
    line: `It has been running on ${runner} (${ranOn.instanceType}${ranOn.spot ? ', spot' : ''}) for ${so}.`,
    next: 'Its machine ends with it, and the next waiting job gets one.',
    ...(runSeconds === undefined || runSeconds <= ran
      ? {}
      : {
          estimate: {
            seconds: Math.round(runSeconds - ran),
            basis: `jobs in ${ranOn.tier} run for ${durationText(runSeconds)} (median of its tenant's latest ${ended})`,
          },
        }),
    who: 'nobody',
  };
}

export function explainDone(facts: Facts, job: Job): Verdict {
  const { outcome, conclusion, runner, reason } = job;
  if (reason) return explainEnded(facts, job, reason);
  if (job.startRefusal) return refusedAtStart(facts, job, job.startRefusal);
  const where = runner ? ` on ${runner}` : ', not on a machine of this platform';
  const took = job.startedAt && job.doneAt ? ` after ${timeBetween(job.startedAt, job.doneAt)}` : '';
  if (outcome === 'cancelled') {
    return over(
      'cancelled',
      `It was cancelled on GitHub${job.startedAt ? `, while it ran${where}` : ', before it ran'}.`,
    );
  }
  if (conclusion === 'success') return over('completed', `It succeeded${where}${took}.`);
  return {
    ...over('failed', `It ended with ${conclusion ?? 'no conclusion'}${where}${took}.`),
    fix: `The job's own log on GitHub says why.${runner && isFinished(facts) ? ` For its machine: npx mayfly logs ${runner}` : ''}`,
  };
}

/** GitHub had given it another job's machine, or the rules changed after its own was launched. */
const refusedAtStart = (facts: Facts, job: Job, why: Reason): Verdict => ({
  ...ofReason(facts, job, why),
  line: `None of its steps ran${job.runner ? ` on ${job.runner}` : ''}. ${why.text}`,
  next: 'Nothing: it fails on GitHub, and its machine ends.',
});

const isFinished = ({ ranOn }: Facts) => ranOn !== undefined;

const over = (code: 'cancelled' | 'completed' | 'failed', line: string): Verdict => ({
  code,
  line,
  next: 'Nothing. The job is over.',
  who: 'nobody',
});

/** The platform ended it, and GitHub's report takes precedence. */
function explainEnded(facts: Facts, job: Job, why: NonNullable<Job['reason']>): Verdict {
  const { tenant, github } = facts;
  const verdict = ofReason(facts, job, why);
  const isQueued = github?.job.kind === 'found' && github.job.job.status === 'queued';
  // Whether there is room again for a job that was beyond the line's cap is not known here.
  if (tenant && isQueued && why.code !== 'waiting-cap' && isRefusalOutdated(tenant, job)) {
    return {
      code: 'reopening',
      line: `The platform closed it (${why.code}), but GitHub still has it queued, and the reason no longer applies.`,
      next: 'The reconciler picks it up again within minutes.',
      estimate: { seconds: 300, basis: 'the reconciler visits tenants with work every five minutes' },
      who: 'nobody',
    };
  }
  if (why.code === 'gone-from-github' || why.code === 'run-ended') {
    return { ...verdict, next: 'Nothing: GitHub said every time that the job is over.', who: 'nobody' };
  }
  return { ...verdict, next: outcomeNext(job, verdict.next) };
}

const outcomeNext = ({ outcome }: Job, next: string) =>
  outcome === 'expired' ? 'It is over: it waited for longer than limits.waitSeconds.' : next;
