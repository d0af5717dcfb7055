/** Explains a job with a planned machine: how far that machine is, and what happens if it is late. */
import { durationText, timeBetween } from '../../core/duration-text.ts';
import { launchOfLease } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import { runnerTakenReason } from '../common/requeue-unserved-job.ts';
import { ofReason } from './explain-waiting.ts';
import type { Estimate, Verdict, VerdictCode } from './explanation.ts';
import type { Facts } from './facts.ts';
import { historyOf, untilStart } from './history.ts';

/** GitHub gives a job to a runner that listens within seconds. */
const assignedWithinSeconds = 60;

export function explainCovered(facts: Facts, job: Job): Verdict {
  const { now, plan } = facts;
  const { launch, runner } = plan ?? {};
  const launchId = job.lease ? launchOfLease(job.lease) : 'none';
  if (runner) return explainMachine(facts, job, runner);
  if (!launch) {
    return waitsAgain('launch-lost', `It has the lease ${job.lease ?? ''}, whose launch has no row.`, {
      next: 'The reconciler finds it within five minutes and returns it to the line.',
      fix: "Do not delete rows by hand. If nobody did, check the reconciler's log.",
    });
  }
  if (launch.state === 'intent' && now < launch.callUntil) {
    return onItsWay(facts, job, {
      code: 'launching',
      line: `EC2 is launching its machine (launch ${launchId}).`,
      sinceMilliseconds: now - launch.createdAt,
    });
  }
  if (launch.state === 'intent') {
    return {
      code: 'launch-unanswered',
      line: `EC2’s answer to its launch ${launchId} was lost ${timeBetween(launch.callUntil, now)} ago.`,
      next: 'Within a minute, the next sweep asks EC2 again with the same token, so nothing is launched twice.',
      who: 'nobody',
    };
  }
  if (job.lease && !launch.instances.has(job.lease)) {
    return {
      code: 'machine-missing',
      line: `EC2 gave launch ${launchId} fewer machines than requested, and none for this job.`,
      next: 'Within a minute the launch is closed, the job waits again, and other pools are tried.',
      who: 'nobody',
    };
  }
  return onItsWay(facts, job, {
    code: 'launching',
    line: `EC2 started its machine ${(job.lease && launch.instances.get(job.lease)) ?? ''}; it has no row yet.`,
    sinceMilliseconds: now - launch.createdAt,
  });
}

function explainMachine(facts: Facts, job: Job, runner: Runner): Verdict {
  const { now } = facts;
  const { instanceId, state, deadline, ran } = runner;
  if (ran !== undefined && ran !== job.jobId) return taken(facts, job, runner);
  const sinceMilliseconds = now - runner.launchedAt;
  switch (state) {
    case 'ended':
      return {
        code: 'machine-ended',
        line: `Its machine ${instanceId} ended (${runner.endReason ?? 'unknown'}) before it ran the job.`,
        next: 'After the next sweep, at the latest, the job waits again and gets another machine.',
        fix: `If this keeps happening: npx mayfly logs ${instanceId}`,
        who: 'nobody',
      };
    case 'booting':
      if (now < deadline) {
        const line = `Its machine ${instanceId} (${runner.instanceType}) has been booting for ${durationText(sinceMilliseconds / 1000)}.`;
        return onItsWay(facts, job, { code: 'booting', line, sinceMilliseconds });
      }
      return {
        code: 'boot-overdue',
        line: `Its machine ${instanceId} should have asked for its job ${timeBetween(deadline, now)} ago.`,
        next: 'The next sweep saves its console and terminates it; the job gets another machine.',
        fix: `npx mayfly logs ${instanceId} shows how far it got. Usually the image is at fault, or the machine cannot reach GitHub or the claim function.`,
        who: 'operator',
      };
    case 'claimed':
      return onItsWay(facts, job, {
        code: 'registering',
        line: `Its machine ${instanceId} is registered with GitHub, and its runner is starting.`,
        sinceMilliseconds,
      });
    case 'listening':
      return listening(facts, runner);
  }
}

function taken(facts: Facts, job: Job, runner: Runner): Verdict {
  const other = facts.plan?.ran;
  const which = other ? `job ${other.jobId} of ${other.repository}` : `job ${runner.ran}`;
  const text = `GitHub gave its machine ${runner.instanceId} to ${which}.`;
  return {
    ...ofReason(facts, job, { code: runnerTakenReason.code, text }),
    next: 'It gets that job’s machine, or waits for the next one: nothing is lost.',
  };
}

function listening(facts: Facts, runner: Runner): Verdict {
  const { now, github, platform } = facts;
  const since = now - (runner.listeningAt ?? runner.launchedAt);
  const { instanceId } = runner;
  if (github?.runner === null) {
    return waitsAgain(
      'not-assigned',
      `Its machine ${instanceId} is listening, but GitHub lists no such runner.`,
      {
        next: 'GitHub removes idle registrations. The machine powers off within limits.idleSeconds, and the job gets another one.',
      },
    );
  }
  if (since < assignedWithinSeconds * 1000 || github?.runner?.busy) {
    return {
      code: 'listening',
      line: `Its machine ${instanceId} has been listening for ${durationText(since / 1000)}${github?.runner?.busy ? ', and GitHub says that it is busy' : ''}.`,
      next: 'GitHub gives it the job, and reports that within seconds.',
      estimate: { seconds: 5, basis: 'GitHub’s usual time' },
      who: 'nobody',
    };
  }
  const state = github?.runner
    ? github.runner.online
      ? ' It is online.'
      : ' GitHub says it is offline.'
    : '';
  return {
    code: 'not-assigned',
    line: `Its machine ${instanceId} has been listening for ${durationText(since / 1000)}, but GitHub gives it no job.${state}`,
    next: `It powers off after ${durationText(platform.limits.idleSeconds)} without a job, and the job gets another machine.`,
    fix: 'Ask an owner to check whether the runner group admits the repository, and whether it is restricted to certain workflows. A runs-on that names another group also keeps the job away, and webhooks do not show that.',
    who: 'owner',
  };
}

const waitsAgain = (
  code: VerdictCode,
  line: string,
  { next, fix }: { next: string; fix?: string },
): Verdict => ({ code, line, next, ...(fix ? { fix, who: 'operator' } : { who: 'nobody' }) });

function onItsWay(
  facts: Facts,
  job: Job,
  step: { code: VerdictCode; line: string; sinceMilliseconds: number },
): Verdict {
  const history = job.tier && historyOf(facts.line?.recent ?? [], job.tier);
  const estimate: Estimate | undefined = history
    ? untilStart(history, step.sinceMilliseconds / 1000)
    : undefined;
  return {
    code: step.code,
    line: step.line,
    next: 'It runs as soon as its machine listens and GitHub gives it the job.',
    ...(estimate ? { estimate } : {}),
    who: 'nobody',
  };
}
