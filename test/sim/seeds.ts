/**
 * Seeds that found faults in the platform, or in the simulation itself, each with its finding. They run with every
 * test, so that a fixed fault stays fixed. A story changes with the simulated world; the named test beside each fault
 * does not.
 */
export const keptSeeds: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 369_675, found: 'a lease was given to a second machine when the first had come and gone' },
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
      'a job ran on for ever whose start was set aside after five failures, and whose end was never told',
  },
  // test/app/sweep.test.ts
  {
    seed: 553_101,
    found: 'a job that GitHub had queued was closed because GitHub limited each question about it',
  },
  {
    seed: 84,
    found: "a job that the tenant's own runner took stayed running for ever when its completed was lost",
  },
  {
    seed: 5,
    found: 'a job that waited for an approval stayed blocked for ever when the next event was lost',
  },
  { seed: 66, found: 'a job that GitHub still had queued was closed because GitHub would not talk about it' },
  // test/app/reconcile-tenants.test.ts
  {
    seed: 200_245,
    found:
      'a job of a repository with many runs was unheard for long: its run took its turn behind all others',
  },
  // test/app/follow-lifecycle.test.ts
  { seed: 33, found: 'a job whose start was told as its machine ended stayed running for ever' },
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
    found:
      'the simulation held a tenant to the visibility of a repository that was made public after its job',
  },
  {
    seed: 110_959,
    found: 'the simulation chose the days to sum up before its last machine had come',
  },
  {
    seed: 112_623,
    found: 'the simulation took a tenant without a cap for one under strict caps',
  },
  {
    seed: 120_779,
    found: 'the simulation took the pause after a refusal of GitHub for a round of questions without an end',
  },
  {
    seed: 121_157,
    found:
      "the simulation left out GitHub's refusal where the controller that needed its word did not match the job",
  },
  {
    seed: 400_037,
    found:
      'the simulation did not know that the reconciler had taken the scopes of a transferred repository away',
  },
  {
    seed: 504_221,
    found:
      'the simulation held a job for heard of that ran while GitHub had the App suspended, and sent nobody word',
  },
];
