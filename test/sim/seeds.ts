/**
 * Seeds that found faults in the platform, or in the simulation itself, each with its finding. They run with every
 * test, so that a fixed fault stays fixed. A seed's events change with the simulated world; the named test beside each fault
 * does not.
 */
export const keptSeeds: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 369_675, found: 'a lease was given to a second machine after the first had started and ended' },
  {
    seed: 308_202,
    found: 'an older installation was provisioned after a newer one of its account, and launched',
  },
  {
    seed: 309_650,
    found: 'the job time of a busy runner was counted from its launch instead of its listening',
  },
  // lib/constructs/basics/queue-with-dead-letters.ts: this many receives
  {
    seed: 431_695,
    found:
      'a job stayed running forever: its start went to a dead-letter queue, and its end was never reported',
  },
  // test/app/sweep-unsettled-jobs.test.ts
  {
    seed: 553_101,
    found: 'a job that GitHub had queued was closed because GitHub rate-limited every request about it',
  },
  {
    seed: 84,
    found: "a job that the tenant's own runner took stayed running forever when its completed event was lost",
  },
  {
    seed: 5,
    found: 'a job that waited for approval stayed blocked forever when the next event was lost',
  },
  {
    seed: 66,
    found: 'a job that GitHub still had queued was closed because GitHub refused to answer about it',
  },
  // test/app/reconcile-tenants.test.ts
  {
    seed: 200_245,
    found:
      'a job of a repository with many runs was overlooked for long: its run was looked at after all others',
  },
  // test/app/follow-lifecycle.test.ts
  { seed: 33, found: 'a job whose start was reported as its machine ended stayed running forever' },
  // test/app/accept-jobs.test.ts
  { seed: 5, found: 'an account that reinstalled twice had the machines of two installations at once' },
  // test/app/claim-job.test.ts
  {
    seed: 50_188,
    found:
      "a transferred repository's job got a fourth machine: the one lost on it was launched for another job",
  },
  {
    seed: 60_584,
    found: 'the simulation judged a job by the visibility of a repository that was made public after it',
  },
  {
    seed: 110_959,
    found: 'the simulation chose the days to sum up before its last machine had started',
  },
  {
    seed: 112_623,
    found: 'the simulation treated a tenant without a cap as one under strict caps',
  },
  {
    seed: 120_779,
    found: 'the simulation treated the pause after a refusal by GitHub as an endless round of questions',
  },
  {
    seed: 121_157,
    found:
      "the simulation ignored GitHub's refusal if the controller that needed the facts did not match the job",
  },
  {
    seed: 3_128,
    found: "the simulation counted an hour in which GitHub accepted no calls as the controllers' time",
  },
  {
    seed: 400_037,
    found:
      'the simulation did not know that the reconciler had removed the scopes of a transferred repository',
  },
  {
    seed: 504_221,
    found:
      'the simulation expected news of a job that ran while the App was suspended, when GitHub sends none',
  },
  {
    seed: 730_073,
    found:
      'the simulation judged a job by its former tier, as its event came after a deploy had moved its label',
  },
  // test/app/record-usage.test.ts
  {
    seed: 850_090,
    found:
      'a machine was recorded as idle, because the end of its job was written while its own end was handled',
  },
  // test/app/follow-lifecycle.test.ts
  {
    seed: 106,
    found: 'a job was given to a machine that the sweep had long found silent and could not end',
  },
  {
    seed: 930_988,
    found:
      'the simulation counted machines that were launched for a transferred job while GitHub limited calls',
  },
  {
    seed: 950_399,
    found: 'the simulation forgot that the sweep had asked EC2 for a machine that came seconds later',
  },
  // test/app/unknown-runs.test.ts
  {
    seed: 960_421,
    found: 'an unknown run was counted, because the reconciler had just removed the same registration',
  },
  // test/app/tenant-consequences.test.ts
  {
    seed: 36,
    found:
      'an account that reinstalled twice in a moment had machines of two installations: an index did not show the later one yet',
  },
  // test/sim/dropped-scopes.test.ts
  {
    seed: 1_000_109,
    found:
      'the simulation forgot which repositories had left an account, because it installed the App again since',
  },
  // test/app/sweep-silent-machines.test.ts
  {
    seed: 154,
    found: 'a job waited for a silent machine that EC2 would not end, because each look before had failed',
  },
];
