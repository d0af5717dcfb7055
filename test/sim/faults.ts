/**
 * How hostile the world of a seed is. Each seed has a mood, and in every mood but calm a random part of the faults,
 * each with its own rate: runs with few kinds of fault reach states that runs with all of them never do.
 */
import type { Random } from './random.ts';

/** Probabilities; these are the maximum, in the wildest seeds. */
const highest = {
  /** DynamoDB fails a call: half of the failures come before its effect, half after it. */
  storeError: 0.06,
  /** Two transactions conflict. */
  contention: 0.2,
  /** An index shows rows as they were some seconds ago. */
  indexLag: 0.5,
  queueError: 0.06,
  ec2Error: 0.2,
  ec2Refusal: 0.5,
  ec2Unclear: 0.3,
  /** EC2 takes many seconds for a launch before it starts anything, or refuses it. */
  slowLaunch: 0.4,
  githubError: 0.15,
  githubRefusal: 0.1,
  githubLimit: 0.2,
  /** For up to three minutes GitHub denies that an installation exists: its token, its runners, its jobs, and itself. */
  githubDenial: 0.2,
  /** For up to half an hour GitHub denies that one job exists, but shows its run. */
  jobDenied: 0.2,
  /** A function's process dies at some call. */
  death: 0.2,
  /** Lambda has no free copy, and delivers a batch late. */
  throttled: 0.2,
  /** A call takes seconds. */
  stall: 0.03,
  webhookLost: 0.25,
  webhookTwice: 0.25,
  webhookLate: 0.3,
  /** A `completed` event that names another tenant's machine. */
  misdirected: 0.1,
  eventLost: 0.5,
  eventLate: 0.3,
  messageTwice: 0.15,
  sweepTwice: 0.8,
  sweepMissed: 0.2,
  dryPool: 0.5,
  neverBoots: 0.15,
  machineDies: 0.15,
  /** EC2 interrupts a spot machine, two minutes after announcing it. */
  spotTaken: 0.7,
  /** EC2 does not show a machine for a while. */
  hidden: 0.3,
  /** GitHub never gives the runner a job. */
  ghost: 0.2,
  /** The machine continues after its job, or calls the claim URL with credentials that it must not use. */
  hostile: 0.3,
  /** The tenant's own runner takes the job. */
  foreignRunner: 0.1,
  jobCancelled: 0.2,
  jobRequeued: 0.3,
  jobBlocked: 0.35,
  /** The job is announced as queued before it is announced as held. */
  queuedBeforeWaiting: 0.9,
  /** One of the account's repositories is public. */
  publicRepository: 0.7,
  /** An owner changes what the runner group admits. */
  groupChange: 0.6,
  operator: 0.5,
  /** An account queues many jobs at once. */
  crowd: 0.4,
  tenantChange: 0.8,
  /** An operator edits a tenant just as one of its jobs is being accepted. */
  meddling: 0.5,
  clockSkew: 0.5,
  /** A machine claims as soon as its launch is answered. */
  quickBoot: 0.6,
  /** GitHub reports a busy runner as idle, and allows its removal. */
  staleBusy: 0.9,
  /** GitHub refuses to remove a tenant's runners, until the end, also in the quiet after the faults. */
  removalLimited: 0.2,
  /** An account or a repository is renamed. */
  renamed: 0.8,
} as const;

export type FaultName = keyof typeof highest;
export type Mood = 'calm' | 'rough' | 'wild';

export interface Faults {
  readonly mood: Mood;
  /** Whether this fault happens now. */
  strikes(name: FaultName): boolean;
  /** From now on no fault happens. */
  stop(): void;
  describe(): string;
}

export function createFaults(random: Random): Faults {
  const mood: Mood = random.pick(['calm', 'rough', 'rough', 'wild', 'wild', 'wild']);
  const scale = { calm: 0, rough: 0.3, wild: 1 }[mood];
  const rates = new Map<FaultName, number>();
  for (const [name, rate] of Object.entries(highest) as [FaultName, number][]) {
    const isOn = random.chance(0.6);
    const share = random.fraction();
    rates.set(name, isOn ? rate * scale * share : 0);
  }
  let stopped = false;
  return {
    mood,
    strikes: (name) => !stopped && random.chance(rates.get(name) ?? 0),
    stop: () => {
      stopped = true;
    },
    describe: () =>
      [...rates]
        .filter(([, rate]) => rate > 0)
        .map(([name, rate]) => `${name} ${rate.toFixed(3)}`)
        .join(', '),
  };
}
