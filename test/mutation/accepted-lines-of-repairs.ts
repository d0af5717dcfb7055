/** Survivors of `app/sweep` and `app/reconciler` that may stay, line by line; see accepted-lines.ts. */
import type { AcceptedLines } from './accepted-lines.ts';

export const acceptedOfRepairs: readonly AcceptedLines[] = [
  {
    reason: 'a shortcut: without it a call is made in vain, or the same is looked at or written again',
    lines: {
      'sweep/find-job-on.ts': ['jobId !== undefined → true', 'at.runner === undefined → false'],
      'sweep/replace-ungated.ts': [
        'ungated.length === 0 → false',
        "outcome !== 'tried' → false",
        'ids.size === 0 → false',
        'return undefined; } → {}',
        "!removal.ok && removal.refusal.kind === 'limited' → false",
      ],
      'sweep/settle-tenants.ts': [
        'deps.clock.now() < until → true',
        "jobs.filter(({ state }) => state === 'waiting') → jobs",
        "state === 'waiting' → true",
        '(line?.waiting ?? 0) > most → true',
        '(line?.waiting ?? 0) > most → (line?.waiting ?? 0) >= most',
        'true → false',
      ],
      'sweep/sweep-machines.ts': [
        '!isLate.has(launchId)) → machines.live',
        'changed.has(launchId)) → launches',
        "launch.state !== 'closed' → false",
        'first === undefined || first > now → true',
        'first > now → true',
      ],
      'sweep/sweep-runner.ts': ['unknown.length === 0 → false'],
      'reconciler/catch-up.ts': ['behind.length === 0 → false'],
      'reconciler/drop-lost-scopes.ts': [
        'tenant.admissionEpoch === undefined → false',
        'delete marks.lostTargets; return; } → {}',
        'groups.length + repositories.length === 0 → false',
        'all.length === 0 → false',
        'list.value.cursor === undefined → false',
        '{ const reached = new Set(list.value.items.map(({ id }) => id)); for (const id of all) seen.set(id, reached.has(id)); return seen; } → {}',
      ],
      'reconciler/keep-group.ts': ["levelNow(tenant).level === 'organization' → true"],
      'reconciler/reconcile-jobs.ts': [
        "state !== 'covered' || !lease → false",
        "state !== 'covered' || !lease → state !== 'covered' && !lease",
        "state !== 'covered' → false",
      ],
      'reconciler/reconcile-leases.ts': ['leases.length === 0 → false', 'caps.length === 0 → false'],
      'reconciler/reconcile-machines.ts': [
        'cursor === undefined → false',
        'cursor !== undefined → true',
        "typeof cursor !== 'string' → false",
        'found.length === 0 → false',
        'surplus.length === 0 → false',
      ],
      'reconciler/reconcile-registrations.ts': [
        'machines.length === 0 → false',
        'idle.filter((name) => !rowOf(name)) → idle',
        'before.filter((name) => !listed.includes(name)) → before',
        'instanceNamed(name) !== undefined → true',
      ],
      'reconciler/reconcile-tenants.ts': [
        "visiting.tenant.status === 'active' → true",
        "typeof at === 'number' → true",
        'isToldBack → true',
      ],
      'reconciler/look-after-tenant.ts': [
        "tenant.status === 'active' → true",
        'mayHaveOrganizationRunners(tenant) → true',
      ],
      'reconciler/repair-cap-row.ts': ['unreadable.length === 0 → false'],
      'reconciler/report-absent.ts': [
        'instanceIds.length === 0 → false',
        'unknown.length === 0 → false',
        // A launch more or less in the page: the next page begins with what is left.
        'machines > machinesAskedPerRun → machines >= machinesAskedPerRun',
      ],
      'reconciler/reconcile-unheard-jobs.ts': [
        'runs.length <= runsPerRepository → false',
        'runs.length <= runsPerRepository → runs.length < runsPerRepository',
      ],
      'reconciler/record-deployment.ts': ['isRecorded → false', 'isRecorded = recorded === undefined'],
      'reconciler/reconcile-deliveries.ts': [
        'candidates.length > 0 → true',
        'candidates.length > 0 → candidates.length >= 0',
      ],
      'reconciler/roll-up-usage.ts': [
        'const skippedNow = [...new Set(met)]',
        // A day of which nothing is due passes both checks of the visit without a call.
        'return days',
        'due.isPassDue || isRetryDue(due, now) → true',
        'isRetryDue(day.due, deps.clock.now()) → true',
      ],
      'reconciler/compare-spent.ts': [
        'sums?.some(isUnpriced) → sums?.every(isUnpriced)',
        // The records say it, too.
        'Object.values(unpriced).some(',
        'found.machines === settled → false',
        'if (summed !== undefined && counted ===',
        'sums?.reduce(',
      ],
    },
  },
  {
    reason: 'only its turn changes: one of the next looks comes by it',
    lines: {
      'sweep/replace-ungated.ts': [
        'machines.length > ungatedPerTenant → machines.length >= ungatedPerTenant',
      ],
      'sweep/settle-tenants.ts': ['false → true'],
      'sweep/sweep.ts': ['launches.length + skipped.length → launches.length - skipped.length'],
      'sweep/read-pending.ts': [
        '{ startedAt: now, lastMilliseconds: elapsed } → {}',
        'mark.lastMilliseconds === 0 → true',
      ],
      'reconciler/catch-up.ts': ['notesKeptSeconds * 1000 → notesKeptSeconds / 1000'],
      'reconciler/drop-lost-scopes.ts': [
        'last !== undefined → true',
        '.slice(0, lostScopesPerVisit) → lost.filter(one => now - since(one) >= settledSeconds * 1000)',
        '.slice(0, lostScopesPerVisit) → lost.filter(one => !settled.includes(one))',
      ],
      'reconciler/reconcile-jobs.ts': ['visit.calls.isSpent → false'],
      'reconciler/reconcile-unheard-jobs.ts': [
        // Positions of other pages lead elsewhere in the list, and a page that is gone costs a look.
        'page === undefined → true @ const place =',
        'page === undefined → false @ const place =',
        'page === undefined → page !== undefined @ const place =',
        '}` → `` @ const place =',
        'next !== undefined → true',
        'runsPerRepository - first.length → runsPerRepository + first.length',
        'place !== undefined → true',
      ],
      'reconciler/reconcile-unknown-runs.ts': [
        '.slice( -strangersKept, ) → [...new Set([...before.filter(name => names.includes(name)), ...names])]',
        '(name) => names.includes(name) → () => undefined',
      ],
      'reconciler/roll-up-usage.ts': [
        'if (deps.clock.now() >= until) break',
        'if (all.length > mostSkipped)',
      ],
      'reconciler/sums-by-tenant.ts': ['group.length === recordsAtOnce'],
    },
  },
  {
    reason: 'cannot happen, or only the type allows for it',
    lines: {
      'sweep/ask-about-resting.ts': ["if (state !== 'waiting' || retryAt === undefined)"],
      'sweep/find-job-on.ts': ["refusal.kind === 'limited' → true"],
      'sweep/look-after-pending.ts': ['tier → true'],
      'sweep/replace-ungated.ts': ["now?.state === 'listening' && !now.gated"],
      'sweep/sweep-machines.ts': ['lived.get(runner.launchId)?.push'],
      'sweep/sweep-runner.ts': ["case 'ended':"],
      'sweep/sweep-pending-jobs.ts': ["const { installationId, jobId, tier = 'none' } = job"],
      'sweep/settle-tenants.ts': ["const { installationId, jobId, tier = 'none' } = job"],
      'sweep/sweep.ts': ["known.status === 'fulfilled'", "result.status === 'fulfilled' → true"],
      'reconciler/compare-spent.ts': ['tenant.spent?.get → tenant.spent.get', 'settled !== undefined → true'],
      'reconciler/drop-lost-scopes.ts': [
        "result.kind === 'fault' → false",
        '\'fault\' → ""',
        '{ tiers: [], repositoryIds: new Set<number>() } → {}',
      ],
      'reconciler/keep-group.ts': ['name === undefined → false', 'wanted === undefined → false'],
      'reconciler/reconcile-leases.ts': ['row.leases > counted → row.leases >= counted'],
      'reconciler/reconcile-machines.ts': ['installationId === undefined → false'],
      'reconciler/reconcile-registrations.ts': ['instanceId === undefined → false'],
      'reconciler/look-after-tenant.ts': ["tenant.status === 'suspended' → true"],
      'reconciler/reconcile-unheard-jobs.ts': [
        `'' → "Stryker was here!"`,
        'ownerId === accountId → true',
        // What has failed is not ok either.
        "jobs === 'failed' → false",
        '\'failed\' → "" @ if (jobs ===',
        '{ login, type, level } → {}',
      ],
      'reconciler/roll-up-usage.ts': ['dueAt !== undefined → true'],
      // GitHub's own list of those that were delivered has no others.
      'reconciler/walk-deliveries.ts': ['found.items.at(-1)?.deliveredAt', 'wasDelivered(delivery) → true'],
    },
  },
  {
    reason: 'the same: any other value means the same there',
    lines: {
      'sweep/replace-ungated.ts': ['\'unclear\' → ""', '\'done\' → ""'],
      'sweep/sweep-runner.ts': ['\'done\' → ""', "{ kind: 'done' } → {}"],
      'sweep/sweep-pending-jobs.ts': ['job.goneAt !== undefined → true', "status === 'in_progress' → true"],
      'reconciler/adopt-job.ts': ['true → false @ keptLabels('],
      'reconciler/drop-lost-scopes.ts': [`'' → "Stryker was here!"`],
      'reconciler/catch-up.ts': ['one.fullName < other.fullName → one.fullName <= other.fullName'],
      // It threw the only one before.
      'reconciler/look-after-tenant.ts': ['errors.length > 1 → errors.length >= 1'],
      'reconciler/walk-deliveries.ts': ['failingSince !== undefined → true', 'restarts++ → restarts--'],
      // What is undefined is left out of rows, too.
      'reconciler/roll-up-usage.ts': ['triedAt === undefined → false', 'after === undefined → false'],
      'reconciler/reconcile-registrations.ts': ['next === undefined → false'],
      'reconciler/reconcile-unheard-jobs.ts': [
        'one.fullName < other.fullName → one.fullName <= other.fullName',
        'cursor === undefined → false',
        // All runs of a short list are chosen anyway.
        '{ const { [places.unheard]: _one, [places.heard]: _other, ...others } = marks.runs ?? {}; marks.runs = others; return nextInTurn(runs, { keyOf, after: undefined, count: runsPerRepository }); } → {}',
        'items.some((repository) => isRenamed(tenant, repository)) → items.every(repository => isRenamed(tenant, repository))',
      ],
      'reconciler/tenant-visit.ts': ['\'0\' → ""'],
    },
  },
  {
    reason: 'only a line of the log says it',
    lines: {
      'sweep/look-after-pending.ts': ['return errorsOf(sent)'],
      'sweep/read-pending.ts': ['(found.unreadable ?? []).slice(0, 1) → found.unreadable ?? []'],
      'sweep/settle-tenants.ts': ['logRefusedJob('],
      'sweep/sweep.ts': ['error.stack ?? error.message'],
      'reconciler/adopt-job.ts': ["known.reason?.code ?? 'no reason' → known.reason?.code && 'no reason'"],
      'reconciler/drop-lost-scopes.ts': ['const ofTenant ='],
      'reconciler/reconcile-jobs.ts': [
        "found.conclusion ?? found.runnerName ?? '' → (found.conclusion ?? found.runnerName) && ''",
        'found.conclusion ?? found.runnerName → found.conclusion && found.runnerName',
        `'' → "Stryker was here!"`,
        '{ tier } → {} @ logRepair(deps, { ...what',
      ],
      'reconciler/record-deployment.ts': ["if (recorded) telemetry.event('info', 'deployed'"],
      'reconciler/roll-up-usage.ts': [
        'if (isWhole) telemetry.event',
        '{ tenants: 0, machines: 0 } → {}',
        'visited.tenants += 1',
        'visited.machines +=',
        'const pass = Math.max(1, progress?.finished ?? 0)',
        'if (isSaved && summedNow.tenants > 0)',
      ],
      'reconciler/walk-deliveries.ts': ['throw new OperationalError(`GitHub does not let', 'code: `GitHub-'],
    },
  },
  {
    reason: 'in doubt a webhook is redelivered: one that arrives twice changes nothing',
    lines: {
      'reconciler/reconcile-deliveries.ts': [
        'Math.min(...found.map(({ deliveredAt }) => deliveredAt)) → Math.max(...found.map(({ deliveredAt }) => deliveredAt))',
        // GitHub takes any attempt of it.
        'Math.max(...attempts.map(({ id }) => id)) → Math.min(...attempts.map(({ id }) => id))',
      ],
    },
  },
];
