/** What happened to a job, in order and with times: from its row, and from the rows of its launches and machines. */
import type { Job } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import type { TimelineEntry } from './explanation.ts';
import type { Facts, Machine } from './facts.ts';

export function timelineOf(facts: Facts): readonly TimelineEntry[] {
  const { job, former, plan, ranOn, github } = facts;
  const isPlanned = ranOn !== undefined && plan?.runner?.instanceId === ranOn.instanceId;
  const lines = [
    ...(job ? jobLines(job) : []),
    ...machineLines(former),
    ...machineLines(plan),
    ...(ranOn && !isPlanned ? runnerLines(ranOn) : []),
    ...(job ? [] : githubLines(github)),
  ];
  return lines.filter(({ at }) => Number.isFinite(at) && at > 0).toSorted((a, b) => a.at - b.at);
}

function jobLines(job: Job): TimelineEntry[] {
  const {
    queuedAt,
    acceptedAt,
    approvedAt,
    state,
    startedAt,
    runner,
    goneAt,
    unsettledAt,
    doneAt,
    attempts,
  } = job;
  const times = attempts > 1 ? `; ${attempts} launches in all; only the latest are shown` : '';
  return [
    { at: queuedAt, text: `GitHub created the job, for [${job.labels.join(', ')}]` },
    { at: acceptedAt, text: `the platform received it${times}` },
    ...at(approvedAt, 'GitHub no longer holds it'),
    ...at(startedAt, `it started to run${runner ? ` on ${runner}` : ''}`),
    ...at(goneAt, 'GitHub first said that there is no such job'),
    ...at(
      unsettledAt,
      state === 'blocked' ? 'GitHub holds it for approval' : 'since then, only GitHub knows its state',
    ),
    ...at(doneAt, doneText(job)),
  ];
}

function doneText({ outcome, conclusion, reason }: Job): string {
  if (reason) return `the platform ended it: ${outcome}, ${reason.code}`;
  return `GitHub said that it is over: ${conclusion ?? outcome ?? ''}`;
}

function machineLines(machine: Machine | undefined): TimelineEntry[] {
  const { launch, runner, ran } = machine ?? {};
  return [
    ...at(launch?.createdAt, `a machine was planned for it, in launch ${launch?.launchId}`),
    ...(runner ? runnerLines(runner) : []),
    ...at(
      ran?.startedAt,
      `GitHub gave ${runner?.instanceId} to job ${ran?.jobId} of ${ran?.repository} instead`,
    ),
  ];
}

function runnerLines({ instanceId, instanceType, spot, ...times }: Runner): TimelineEntry[] {
  const { launchedAt, claimedAt, listeningAt, endedAt, endReason } = times;
  return [
    { at: launchedAt, text: `EC2 started ${instanceId} (${instanceType}${spot ? ', spot' : ''})` },
    ...at(claimedAt, `${instanceId} claimed a job, and was registered with GitHub`),
    ...at(listeningAt, `the runner on ${instanceId} listens`),
    ...at(endedAt, `${instanceId} ended: ${endReason ?? 'for no known reason'}`),
  ];
}

function githubLines(github: Facts['github']): TimelineEntry[] {
  if (github?.job.kind !== 'found') return [];
  const { createdAt, startedAt, completedAt, status, conclusion, runnerName } = github.job.job;
  const began = status === 'in_progress' || (status === 'completed' && runnerName !== null);
  return [
    { at: createdAt, text: 'GitHub created the job' },
    ...at(began ? startedAt : undefined, `it started to run on ${runnerName}`),
    ...at(completedAt, `it ended: ${conclusion ?? 'no conclusion'}`),
    ...(github.deliveries ?? []).map(({ deliveredAt, statusCode, answer }) => ({
      at: deliveredAt,
      text: `GitHub sent its webhook: ${statusCode}${answer ? `, ${answer}` : ''}`,
    })),
  ];
}

const at = (time: number | undefined, text: string): TimelineEntry[] =>
  time === undefined ? [] : [{ at: time, text }];
