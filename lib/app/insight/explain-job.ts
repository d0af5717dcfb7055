/**
 * Explains a job's state from given facts alone. It reads nothing, so it works the same for stored rows, for tests, and for
 * fresh answers from GitHub. GitHub's current answer takes precedence over rows.
 */
import type { Job } from '../../core/job.ts';
import { explainCovered } from './explain-covered.ts';
import { explainDone, explainRunning } from './explain-over.ts';
import { explainUnheard } from './explain-unheard.ts';
import { explainUnreadable } from './explain-unreadable.ts';
import { explainWaiting } from './explain-waiting.ts';
import type { Explanation, Verdict } from './explanation.ts';
import type { Facts } from './facts.ts';
import { timelineOf } from './timeline.ts';
import { underDrain } from './under-drain.ts';
import { whatWasChecked } from './what-was-checked.ts';

export function explainJob(facts: Facts): Explanation {
  const { job, drain } = facts;
  const verdict = underDrain(verdictOf(facts), { tier: job?.tier, drain });
  return { ...verdict, timeline: timelineOf(facts), checked: whatWasChecked(facts) };
}

function verdictOf(facts: Facts): Verdict {
  const { job } = facts;
  if (!job) return explainUnheard(facts);
  const isOpen = job.state === 'waiting' || job.state === 'covered' || job.state === 'blocked';
  return (isOpen ? byGitHub(facts, job) : undefined) ?? explainUnreadable(facts, job) ?? byRow(facts, job);
}

function byRow(facts: Facts, job: Job): Verdict {
  switch (job.state) {
    case 'blocked':
      return approval(job);
    case 'waiting':
      return explainWaiting(facts, job);
    case 'covered':
      return explainCovered(facts, job);
    case 'running':
      return explainRunning(facts, job);
    case 'done':
      return explainDone(facts, job);
  }
}

const approval = ({ repository }: Job): Verdict => ({
  code: 'approval',
  line: 'GitHub holds it for approval: of its environment, or because its author is a first-time contributor.',
  next: 'Once it is approved, GitHub sends its webhook and it starts. Without approval, GitHub drops it after 30 days.',
  fix: `A reviewer must approve the run, on its page in ${repository}.`,
  who: 'owner',
});

/** Where GitHub is ahead of the row. */
function byGitHub({ github }: Facts, job: Job): Verdict | undefined {
  const answer = github?.job;
  if (answer?.kind === 'not-found') {
    return {
      code: 'gone-from-github',
      line: `GitHub does not show the job to the App: ${job.repository} was removed from the installation, transferred or deleted, or its run was deleted.`,
      next: 'It is closed when GitHub says so again, at least three minutes later.',
      fix: 'To run it, an owner must add the repository to the installation and re-run the job.',
      who: 'owner',
    };
  }
  if (github?.run?.completed) {
    return {
      code: 'run-ended',
      line: `Its workflow run ${job.runId} ended (${github.run.conclusion ?? 'no conclusion'}) before the job began.`,
      next: 'It is closed within minutes; no more machines are launched for it.',
      fix: 'Re-run the workflow. If it ended with startup_failure, the workflow file is at fault.',
      who: 'author',
    };
  }
  if (answer?.kind !== 'found') return undefined;
  const { status, conclusion, runnerName } = answer.job;
  if (status === 'completed') {
    return {
      code: 'closing',
      line: `GitHub says that it is over (${conclusion ?? 'no conclusion'}); the webhook for that has not arrived.`,
      next: 'The sweep or the reconciler closes it within minutes.',
      who: 'nobody',
    };
  }
  if (status === 'in_progress') {
    return {
      code: 'running',
      line: `GitHub says that it runs on ${runnerName ?? 'a runner'}; the webhook for that has not arrived.`,
      next: 'The reconciler records it within minutes.',
      who: 'nobody',
    };
  }
  return status === 'waiting' ? approval(job) : undefined;
}
