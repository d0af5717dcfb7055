/** How much the benchmark measures: `full` for figures, `smoke` only to check that every measurement still runs. */
import { controllerBounds } from '../../lib/core/controllers/controller.ts';

export interface Size {
  readonly webhookRounds: number;
  readonly webhookSeconds: number;
  readonly bundleLoads: number;
  readonly synthesisRounds: number;
  /** Jobs at once. */
  readonly scaleUpSizes: readonly number[];
  readonly scaleUpRounds: number;
  /** Jobs of one tenant at once, for the units of scale-up alone. */
  readonly unitBursts: readonly number[];
  /** The number of jobs in the longest line. */
  readonly manyWaiting: number;
  readonly manyTenants: number;
  readonly listings: number;
  /** Of a month, for its costs. */
  readonly reportedJobs: number;
  /** Jobs at once of one tenant with eight admission controllers. */
  readonly controlledJobs: number;
  /** Other tenants beside it, with one job each and no controllers. */
  readonly besideTenants: number;
  /** Jobs one by one, for the calls and units of their decisions. */
  readonly admittedJobs: number;
  readonly ruleRounds: number;
  /** The dearest rules of an owner, at the most: as many as are accepted, if those are fewer. */
  readonly dearestRules: number;
  /** Jobs that they judge, after the first. */
  readonly dearestJobs: number;
  /** Controllers of the longest rules that one change is weighed with. */
  readonly longestControllers: number;
  /** Of a cap under load, in virtual time. */
  readonly capSeconds: number;
  readonly burstJobs: number;
  /** One after the other; a multiple of the four after which a quiet scale-up looks at its queue. */
  readonly singleJobs: number;
  readonly phaseJobs: number;
  /** Jobs with a start gate, and the same number without. */
  readonly gatedJobs: number;
  /** Claims of one process, before its memory is read. */
  readonly claims: number;
  readonly handOvers: number;
  /** Jobs of one tenant at once. */
  readonly burstOfOne: number;
  /** Tenants with one job each, at once. */
  readonly burstTenants: number;
  /** Tenants with one job each, right after EC2 throttled once. */
  readonly throttledTenants: number;
  /** Long enough that a job's start is written before its end arrives, as it is with real jobs. */
  readonly jobMilliseconds: number;
  /** A machine's time from its last command to its end. */
  readonly shutdownMilliseconds: number;
  /** The dialled share of AWS's and GitHub's latencies, from 0 to 1. */
  readonly latencyShare: number;
  /** Copies of each function that are loaded before measuring: as many as a tier's queue may start. */
  readonly warmCopies: number;
}

export const full: Size = {
  webhookRounds: 5,
  webhookSeconds: 2,
  bundleLoads: 7,
  synthesisRounds: 3,
  scaleUpSizes: [1, 10, 25, 100],
  scaleUpRounds: 3,
  unitBursts: [100, 1000],
  manyWaiting: 10_000,
  manyTenants: 10_000,
  listings: 5,
  reportedJobs: 100_000,
  controlledJobs: 1000,
  besideTenants: 50,
  admittedJobs: 20,
  ruleRounds: 30,
  dearestRules: Number.POSITIVE_INFINITY,
  dearestJobs: 10,
  longestControllers: controllerBounds.controllersEach,
  capSeconds: 20,
  burstJobs: 50,
  singleJobs: 4,
  phaseJobs: 10,
  gatedJobs: 5,
  claims: 400,
  handOvers: 3,
  burstOfOne: 1000,
  burstTenants: 100,
  throttledTenants: 60,
  jobMilliseconds: 4000,
  shutdownMilliseconds: 3000,
  latencyShare: 1,
  warmCopies: 5,
};

export const smoke: Size = {
  webhookRounds: 1,
  webhookSeconds: 0.02,
  bundleLoads: 1,
  synthesisRounds: 1,
  scaleUpSizes: [1, 3],
  scaleUpRounds: 1,
  unitBursts: [3],
  manyWaiting: 20,
  manyTenants: 30,
  listings: 1,
  reportedJobs: 60,
  controlledJobs: 6,
  besideTenants: 2,
  admittedJobs: 2,
  ruleRounds: 2,
  // Two controllers: one has up to twenty.
  dearestRules: 21,
  dearestJobs: 1,
  longestControllers: 5,
  capSeconds: 2,
  burstJobs: 1,
  singleJobs: 1,
  phaseJobs: 1,
  gatedJobs: 1,
  claims: 4,
  handOvers: 1,
  burstOfOne: 3,
  burstTenants: 2,
  throttledTenants: 2,
  jobMilliseconds: 2000,
  shutdownMilliseconds: 50,
  latencyShare: 0.05,
  warmCopies: 1,
};
