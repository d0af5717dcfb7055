/**
 * Deliberate faults, one at a time: each a replacement in one file, or in two that make one fault together. Each is a
 * mistake that somebody might make, and that some promise of the platform forbids.
 */
export interface Mutant {
  readonly name: string;
  /** What it does wrong. */
  readonly fault: string;
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const mutant = (name: string, fault: string, file: string, from: string, to: string): Mutant => ({
  name,
  fault,
  changes: [{ file, from, to }],
});

export const mutants: readonly Mutant[] = [
  mutant(
    'lease-named-after-job',
    'A job that is launched for again has the same lease as its machine before, which still lives.',
    'lib/app/scale-up/plan-launch.ts',
    'lease: leaseOf(launchId, n),',
    "lease: leaseOf(LaunchId('job-' + job.jobId), 0 * n),",
  ),
  mutant(
    'parked-after-the-attempt',
    'A job is written as waiting only after a lease was tried for.',
    'lib/app/scale-up/accept-jobs.ts',
    'const outcomes = await deps.jobs.insert(events.map((event) => waitingJob(event, now)));',
    `await Promise.all(events.map((event) => balance(deps, { installationId: event.installationId, tier: event.tier! })));
  void deps.clock.sleep(2_000).then(() => deps.jobs.insert(events.map((event) => waitingJob(event, now))));
  const outcomes: string[] = [];`,
  ),
  mutant(
    'no-poke-after-a-release',
    'Who waits is not told that a lease is free.',
    'lib/app/ending/end-runners.ts',
    'await Promise.all([...pokes].map((installationId) => pokeWaiting(deps, installationId)));',
    'void pokeWaiting;',
  ),
  mutant(
    'no-fence-on-a-launch',
    'The sweep acts on a launch whose caller is still at it.',
    'lib/app/common/settings.ts',
    'export const launchFenceSeconds = 60;',
    'export const launchFenceSeconds = 0.001;',
  ),
  mutant(
    'freed-on-completed',
    "A job's word that it is done frees the lease of a machine that lives on.",
    'lib/app/lifecycle/follow-lifecycle.ts',
    "return runner && { runner, reason: 'job-completed', proven: false, doneJob: message.jobId };",
    "return runner && { runner, reason: 'job-completed', proven: true, doneJob: message.jobId };",
  ),
  mutant(
    'changing-client-token',
    'A launch that is made again has another ClientToken, and buys a second set of machines.',
    'lib/app/launch/resume-launch.ts',
    'await deps.compute.launch(launch.request)',
    "await deps.compute.launch({ ...launch.request, ClientToken: launch.launchId + '-' + now })",
  ),
  mutant(
    'no-boot-deadline',
    'A machine that never boots is waited for, for ever.',
    'lib/app/launch/carry-out-launch.ts',
    'deadline: deps.clock.now() + deps.deployment.limits.bootSeconds * 1000,',
    'deadline: Number.MAX_SAFE_INTEGER,',
  ),
  mutant(
    'absence-taken-for-proof',
    'A machine that EC2 does not show is taken for gone.',
    'lib/app/sweep/sweep-runner.ts',
    'if (now >= runner.launchedAt + absenceProofSeconds * 1000) {',
    'if (now >= runner.launchedAt) {\n    void absenceProofSeconds;',
  ),
  mutant(
    'unseen-taken-for-missing',
    'Of a launch whose answer was lost, machines that are not seen yet are taken for missing.',
    'lib/app/launch/resume-launch.ts',
    'return seen.now < launch.createdAt + absenceProofSeconds * 1000;',
    'void absenceProofSeconds;\n  return false;',
  ),
  mutant(
    'tenants-mixed-up',
    "An event of one tenant reaches another tenant's machine.",
    'lib/app/lifecycle/follow-lifecycle.ts',
    'return runner?.installationId === event.installationId ? runner : undefined;',
    'return runner;',
  ),
  mutant(
    'answer-not-written',
    'Leases go back before it is on record that no machine will come for them.',
    'lib/app/launch/carry-out-launch.ts',
    'await deps.launches.answer(launch, places);',
    '',
  ),
  mutant(
    'facts-go-backwards',
    'A late in_progress wakes a job that is done.',
    'test/fakes/jobs.ts',
    "if (job.state === 'done') return undefined;",
    '',
  ),
  mutant(
    'nonce-not-checked',
    'Whoever is on the machine may claim again with a word of their own.',
    'test/fakes/runners.ts',
    'return runner.nonce === nonce ?',
    "return nonce !== '' ?",
  ),
  mutant(
    'door-open-after-confirm',
    'A job finds on its machine what still opens the door.',
    'test/fakes/runners.ts',
    "return { kind: 'refused', why: 'confirmed' };",
    "return { kind: 'claimed', runner };",
  ),
  mutant(
    'any-ticket-will-do',
    "A machine is let in with the ticket of another tenant's launch.",
    'test/fakes/runners.ts',
    "if (runner.launchId !== launchId) return { kind: 'refused', why: 'other-launch' };",
    '',
  ),
  mutant(
    'room-without-the-tier',
    "A tier's own cap is forgotten where room is planned.",
    'lib/core/room.ts',
    'machines: Math.max(0, Math.min(inTenant, inTier)),',
    'machines: Math.max(0, inTenant),',
  ),
  mutant(
    'take-without-the-tier',
    "A tier's own cap is no condition of the write.",
    'test/fakes/launches.ts',
    'inTier + machines <= tier.maxRunners',
    'inTier >= 0',
  ),
  mutant(
    'take-without-the-limit',
    "The tenant's limit is no condition of the write.",
    'test/fakes/launches.ts',
    'tenant.leases.size + machines <= tenant.maxRunners &&',
    '',
  ),
  mutant(
    'take-for-the-suspended',
    "The tenant's status is no condition of the write.",
    'test/fakes/launches.ts',
    "tenant.status === 'active' &&",
    '',
  ),
  mutant(
    'freed-before-the-end',
    'A lease goes back before its machine is terminated.',
    'lib/app/ending/end-runners.ts',
    'const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));',
    'await freeLeases(deps, endings);\n  const unknown = new Set(asked.length === 0 ? [] : await terminate(deps, asked));',
  ),
  mutant(
    'job-not-let-go',
    'A job goes on counting on a machine that has ended.',
    'lib/app/ending/end-runners.ts',
    'return deps.jobs.waitAgain(installationId, plannedJob, lease, why);',
    'return false;',
  ),
  {
    name: 'row-closed-before-the-lease',
    fault: 'A runner is ended on record first, so that dying then leaks its lease.',
    changes: [
      {
        file: 'lib/app/ending/end-runners.ts',
        from: 'for (const installationId of await freeLeases(deps, ending)) pokes.add(installationId);',
        to: '',
      },
      {
        file: 'lib/app/ending/end-runners.ts',
        from: 'await Promise.all(closing);',
        to: 'await Promise.all(closing);\n  for (const installationId of await freeLeases(deps, ending)) pokes.add(installationId);',
      },
    ],
  },
  mutant(
    'poke-only-for-who-waits-again',
    'A lease that comes free of a tenant at its limit is told to nobody.',
    'lib/app/ending/end-runners.ts',
    'roomFor(before, tier).machines === 0',
    'roomFor(before, tier).machines < 0',
  ),
  mutant(
    'run-not-recorded',
    'Which job a machine took instead of its own is not noted, and so not asked about when it dies.',
    'lib/app/lifecycle/settle-start.ts',
    'const noted = await deps.runners.recordRan(runs);',
    'const noted = runs.map(() => true);',
  ),
  mutant(
    'elsewhere-never-asked',
    "Nobody asks about a job that the tenant's own runner took.",
    'test/fakes/jobs.ts',
    '...(runner === undefined ? { unsettledAt: at } : { runner }),',
    '...(runner === undefined ? {} : { runner }),',
  ),
  mutant(
    'start-not-settled',
    'A start that is told after the end of its machine leaves the job running.',
    'lib/app/lifecycle/settle-start.ts',
    'await Promise.all(lost.map((start) => leaveToSweep(deps, start)));',
    'void lost;\n  void leaveToSweep;',
  ),
  mutant(
    'blocked-never-asked',
    'Nobody asks about a job that waits for an approval.',
    'lib/app/lifecycle/record-job-fact.ts',
    "state: 'blocked', unsettledAt: now",
    "state: 'blocked'",
  ),
  mutant(
    'refusal-taken-for-the-end',
    'A job is closed because GitHub would not talk about it.',
    'lib/app/sweep/sweep-pending-jobs.ts',
    "if (refusal.kind === 'not-found') await close",
    "if (refusal.kind !== 'limited') await close",
  ),
  mutant(
    'limit-read-before',
    'The limit that was read is not compared with the one that holds.',
    'test/fakes/launches.ts',
    'tenant.maxRunners === read.maxRunners &&\n    tenant.leases.size + machines <= tenant.maxRunners &&',
    'tenant.leases.size + machines <= read.maxRunners &&',
  ),
  mutant(
    'predecessor-forgotten',
    'A reinstalled tenant launches while machines of its former installation live.',
    'lib/app/scale-up/balance.ts',
    "if (tenant.status !== 'deleted' || tenant.leases.size > 0) return false;",
    "if (tenant.status !== 'deleted') return false;",
  ),
  mutant(
    'predecessor-of-predecessor',
    'Whoever reinstalls twice launches while machines of the first installation live.',
    'lib/app/scale-up/balance.ts',
    'return tenant.predecessor === undefined || isGone(deps, tenant.predecessor);',
    'return true;',
  ),
  mutant(
    'busy-runner-ended',
    "The sweep ends a silent runner without minding GitHub's word that it works.",
    'lib/app/sweep/sweep-runner.ts',
    "const busy = removal.ok && removal.value === 'busy';",
    'const busy = false;',
  ),
  mutant(
    'cap-over-all-not-minded',
    'The caps over all tenants are planned with, and not held to where two tenants take at once.',
    'test/fakes/launches.ts',
    'const full = shared.find((cap) => !hasSharedRoom(rows, cap, machines));',
    'const full = shared.find((cap) => !hasSharedRoom(rows, cap, 0 * machines));',
  ),
  mutant(
    'shared-lease-never-freed',
    "A tenant's lease goes back, and the cap over all tenants goes on counting it.",
    'lib/app/common/shared-lines.ts',
    'await deps.launches.freeShared(cap.name, place.installationId, leases);',
    'void cap;',
  ),
  mutant(
    'nobody-called-up',
    'Who waits for a cap over all tenants is not told that another tenant left room.',
    'lib/app/ending/end-runners.ts',
    'await wakeNextWaiters(',
    'if (!wakeNextWaiters) await wakeNextWaiters(',
  ),
  mutant(
    'rerun-without-a-warning',
    'Every job that fails on a spot machine is run again, whether or not EC2 took the machine back.',
    'lib/app/lifecycle/follow-spot-warning.ts',
    'if (!(await deps.notes.read([note], now)).has(note)) return;',
    'void note;',
  ),
  mutant(
    'rerun-twice',
    'Whoever is asked a second time to have a job run again does so.',
    'lib/app/tenants/rerun-job.ts',
    'if (!(await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now }))) return;',
    'await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now });',
  ),
];
