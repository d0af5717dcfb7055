/**
 * Survivors of `app/claim`, `app/launch`, `app/lifecycle`, `app/runner-syncer` and `app/tenants` that may stay, line by line;
 * see accepted-lines.ts.
 */
import type { AcceptedLines } from './accepted-lines.ts';

export const acceptedOfMachines: readonly AcceptedLines[] = [
  {
    reason: 'a word for people, in lines of the log',
    lines: {
      'lifecycle/log-start.ts': ['\'none\' → ""'],
      'lifecycle/record-job-fact.ts': ['\'none\' → ""'],
      'runner-syncer/sync-runners.ts': ['error.stack ?? error.message → error.stack && error.message'],
    },
  },
  {
    reason: 'a shortcut: without it a call is made in vain, or a dearer one',
    lines: {
      'claim/answer-start.ts': ['policyMark(tenant) === undefined → false'],
      'claim/arrived-job.ts': [
        "read.runner?.state !== 'listening' → false",
        // The number of pages is bounded.
        'cursor === undefined → false',
      ],
      'claim/mint-runner.ts': ['tenant.attention → true'],
      'claim/register-in-group.ts': [
        "scope.kind === 'repository' → false",
        '\'repository\' → ""',
        '!mayBeGroup || first.known !== remembered → false',
        '!mayBeGroup || first.known !== remembered → !mayBeGroup && first.known !== remembered',
        'first.known !== remembered → false',
        "!answer.ok && (answer.refusal.kind === 'not-found' || answer.refusal.kind === 'invalid') → true",
        "answer.refusal.kind === 'not-found' || answer.refusal.kind === 'invalid' → true",
      ],
      'claim/claim-job.ts': [
        // A nonce that has claimed claims again.
        "first.kind !== 'unknown' → false",
        'deps.runners.readPlan(claimed, { jobMayLag: true })',
        // No other job may run either.
        '!verdict.ofJob → false',
        'waiting.length < limit || waiting.every(mayRun) → false',
        'waiting.length < limit || waiting.every(mayRun) → waiting.length < limit && waiting.every(mayRun)',
        'waiting.length < limit → false',
      ],
      'lifecycle/leave-former-job.ts': [
        // A job that does not run on that machine is not marked.
        'starts.filter((other) => other.runner?.instanceId === instanceId) → starts',
        'other.runner?.instanceId === instanceId → true',
        "state === 'running' → true",
        'installationId === undefined → false',
      ],
      'launch/carry-out-launch.ts': [
        // Whatever closed it has done the rest, and closing it again does nothing.
        "answered.state === 'closed' → false",
        '\'closed\' → ""',
        // The first answer stays, and is returned again.
        "launch.state === 'answered' → false",
        '\'answered\' → ""',
        'missing.length === 0 → false',
        'places.size > launch.instances.size → true',
        'places.size > launch.instances.size → places.size >= launch.instances.size',
      ],
      'launch/resume-launch.ts': [
        // Of a launch with machines each job had its row.
        'tagged.length === 0 → true',
        'gone.length === 0 → false',
      ],
      'lifecycle/ask-what-it-ran.ts': [
        // Whoever is asked looks again.
        '!isUnheard(runner, await deps.jobs.get(installationId, plannedJob)) → false',
        'ranJob.jobId !== jobOf(runner) → true',
      ],
      'lifecycle/follow-lifecycle.ts': [
        'endings.size > 0 → true',
        'endings.size > 0 → endings.size >= 0',
        // A copy of the function knows the machines that it has ended itself.
        "message.kind !== 'instance' || !hasEndedHere(deps.runners, message.instanceId) → true",
        "message.kind !== 'instance' → false",
        "message.kind !== 'instance' → message.kind === 'instance'",
        '\'instance\' → "" @ hasEndedHere(',
        'messages.filter(isNews) → messages',
        'ids.size === 0 → false',
        // The store says that it has ended.
        "runner.state === 'ended' → false",
        '\'ended\' → ""',
      ],
      'lifecycle/record-job-fact.ts': [
        "outcome === 'exists' → true",
        'before && before.repository !== event.repository → true',
        'before.repository !== event.repository → true',
      ],
      'lifecycle/refuse-unknown-labels.ts': [
        'events.length === 0 → false',
        // The note says that the bound is reached either way.
        'jobs < unknownLabelsPerHour → true',
        'jobs < unknownLabelsPerHour → jobs <= unknownLabelsPerHour',
      ],
      // The same token asks for the same build.
      'runner-syncer/sync-runners.ts': ['(await binaries.imageNote(architecture)) === version → false'],
      'lifecycle/settle-start.ts': [
        'starts.filter(isExchanged) → starts',
        'others.filter(freesNoMachine) → others',
        'starts.length === 0 → false',
        // Such a start is recorded as unsettled.
        '!instanceId → false',
        // The end of the machine has done the same.
        "runner.state !== 'ended' → true",
        '\'ended\' → ""',
      ],
      'tenants/apply-installation-event.ts': [
        // Whatever is reported as done is looked at once more, and found to be done.
        'true → false @ return true',
      ],
      'tenants/refuse-removed.ts': ['event.repositoriesRemoved.length === 0 → false'],
      'tenants/note-unknown.ts': ['!(await deps.notes.read([name], now)).has(name) → false'],
    },
  },
  {
    reason: 'only how soon others are served changes',
    lines: {
      // No job of it waits, so the next round finds nothing to launch for.
      'launch/carry-out-launch.ts': ['{ ...lesson, againNow: false } → {}', 'false → true @ ...lesson'],
      'launch/resume-launch.ts': ['false → true'],
    },
  },
  {
    reason: 'cannot happen, or only the type allows for it',
    lines: {
      // Its row was there a moment ago.
      'claim/arrived-job.ts': ['read.runner?.state → read.runner.state'],
      // Only a pause and a hold come there.
      'claim/mint-runner.ts': ["meaning.kind === 'hold' → true"],
      'claim/register-in-group.ts': ['excluded → true'],
      // The row of a tenant is never deleted.
      'claim/claim-job.ts': ['!tenant → false'],
      'lifecycle/follow-lifecycle.ts': [
        'facts.get(id)?.event → facts.get(id).event',
        // Messages of other kinds have neither an action nor a runner's name.
        "message.kind === 'job' → true",
        "message.kind !== 'job' → false",
        // Those with a tier go to another queue, and those without one were refused before.
        '\'queued\' → ""',
        // GitHub says how each job ended.
        '\'unknown\' → ""',
        'instanceId === undefined → false',
      ],
      'lifecycle/follow-spot-warning.ts': ['tenant?.permissions → tenant.permissions'],
      'lifecycle/record-job-fact.ts': ['\'exists\' → ""'],
      'lifecycle/settle-start.ts': ['before?.state → before.state', 'before?.lease → before.lease'],
      'tenants/apply-installation-event.ts': [
        'known?.status → known.status',
        'tenant?.status → tenant.status',
        // The configuration has the default tier.
        'tiers.find(({ name }) => name === defaultTier)?.maxRunners → tiers.find(({ name }) => name === defaultTier).maxRunners',
      ],
      // Only another copy may have created this very tenant just now, and then its row is not written again.
      'tenants/read-account.ts': [
        'tenant.installationId !== installationId → true',
        '[...shown, ...(last ? [last] : [])] .filter((tenant) => tenant.installationId !== installationId) → [...shown, ...(last ? [last] : [])]',
        // No tenant has this id.
        'recorded === undefined → false',
      ],
    },
  },
  {
    reason: 'the same: any other value means the same there',
    lines: {
      'claim/claim-job.ts': [
        // There is no price for it either way.
        "instanceType = 'unknown'",
        // Only what holds or refuses a job is looked for.
        "{ kind: 'admit' } → {}",
        '\'admit\' → ""',
      ],
      'claim/mint-runner.ts': [
        // What is not known of it is undefined either way.
        '{ now: undefined } → {}',
        // It is no pause and may not pass, which is all that is asked about its kind.
        "'hold' → \"\" @ kind: 'hold',",
      ],
      // Without a time the jobs are retried after the same one.
      'launch/carry-out-launch.ts': ['{ againNow: false, againSeconds: retryDelaySeconds } → {}'],
      'tenants/apply-installation-event.ts': [
        // Only a line of the log: the tenant is read again either way.
        "if ((await deps.tenants.update(tenant, ended)) === 'conflict') return true;",
      ],
      // Such a message fails for what it lacks.
      'tenants/apply-installation-events.ts': ["if (event.kind !== 'installation') {"],
      // Only an object stands for a refusal, and the log's word is for people.
      'runner-syncer/sync-runners.ts': ['\'current\' → ""', '{ refused: refusal.reason } → {}'],
      // A note without a value or a time is not there.
      'tenants/note-unknown.ts': ['{ value: {}, expiresAt: now } → {}'],
      'tenants/refuse-waiting-jobs.ts': ['cursor === undefined → false'],
      'tenants/rerun-job.ts': ['{ value: {}, expiresAt: now } → {}'],
    },
  },
  {
    reason: 'the page bounds how many jobs a machine tries, too',
    lines: {
      'claim/claim-job.ts': ['waiting.filter(mayRun).slice(0, claimCandidates) → waiting.filter(mayRun)'],
    },
  },
];
