/**
 * What the laptop's runner program says to GitHub in place of GitHub's own, unpublished protocol: it opens a session,
 * waits for a job, reports its start and its end. Answers are lines of `key=value`, for a shell to read. A removed
 * registration gets 404 for everything.
 */
import { assignJobs } from './assignment.ts';
import { completeJob, startJob } from './jobs.ts';
import { type Call, notFound, type Reply, type Route, route, runner } from './router.ts';
import { fullName, type JobRecord, type RunnerRecord } from './store.ts';
import type { Webhooks } from './webhooks.ts';

const conclusions = ['success', 'failure', 'cancelled'] as const;

export function runnerProtocol(webhooks: Webhooks): Route[] {
  return [
    route('POST', '/_runner/session', runner, (call) => {
      const registration = registrationOf(call);
      registration.online = true;
      call.store.emit('runner-online', { runner: registration.name });
      assignJobs(call.store);
      return { status: 200, body: `runner=${registration.name}\n` };
    }),
    route('GET', '/_runner/message', runner, nextMessage),
    route('POST', '/_runner/jobs/{job_id}/started', runner, (call) => {
      const job = assignedJob(call);
      if (job.status === 'queued') startJob(call.store, webhooks, job);
      return { status: 200, body: 'ok\n' };
    }),
    route('POST', '/_runner/jobs/{job_id}/step', runner, (call) => {
      assignedJob(call).begun.push(String(call.body['text']));
      return { status: 200, body: 'ok\n' };
    }),
    route('POST', '/_runner/jobs/{job_id}/log', runner, (call) => {
      assignedJob(call).log.push(String(call.body['text']));
      return { status: 200, body: 'ok\n' };
    }),
    route('POST', '/_runner/jobs/{job_id}/completed', runner, (call) => {
      const conclusion = conclusions.find((known) => known === call.body['conclusion']) ?? 'success';
      completeJob(call.store, webhooks, { job: assignedJob(call), conclusion });
      return { status: 200, body: 'ok\n' };
    }),
  ];
}

function registrationOf(call: Call): RunnerRecord {
  for (const registration of call.store.runners.values()) {
    if (registration.token !== call.bearer) continue;
    registration.lastSeenAt = call.store.now();
    return registration;
  }
  throw notFound();
}

function assignedJob(call: Call): JobRecord {
  const { job } = registrationOf(call);
  if (job?.id !== Number(call.parts['job_id'])) throw notFound();
  return job;
}

const jobLines = (job: JobRecord): Reply => ({
  status: 200,
  body: [
    `job=${job.id}`,
    `milliseconds=${job.milliseconds}`,
    `repository=${fullName(job.repository)}`,
    `run=${job.runId}`,
    `attempt=${job.runAttempt}`,
    ...job.steps.map(
      ({ stage, condition, milliseconds, name }) => `step=${stage} ${condition} ${milliseconds} ${name}`,
    ),
    '',
  ].join('\n'),
});

/** Waits for a job. If the connection breaks while it waits, the runner is offline at once. */
function nextMessage(call: Call): Promise<Reply> | Reply {
  const { store, message } = call;
  const registration = registrationOf(call);
  if (registration.job) return jobLines(registration.job);
  // One poll at a time: an older one is answered without a job.
  registration.answerPoll?.(undefined);
  registration.online = true;
  return new Promise((resolve) => {
    const finish = (reply: Reply) => {
      clearTimeout(timer);
      message.socket.off('close', hangUp);
      if (registration.answerPoll === answer) registration.answerPoll = undefined;
      registration.lastSeenAt = store.now();
      resolve(reply);
    };
    const answer = (job: JobRecord | undefined) => {
      if (job) finish(jobLines(job));
      else finish(store.runners.has(registration.id) ? { status: 204 } : notFound().reply());
    };
    const hangUp = () => {
      registration.online = false;
      finish({ status: 204 });
    };
    const timer = setTimeout(() => finish({ status: 204 }), store.dials.pollSeconds * 1000);
    registration.answerPoll = answer;
    message.socket.on('close', hangUp);
    assignJobs(store);
  });
}
