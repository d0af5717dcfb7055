/**
 * How hostile the world of a seed is. Each seed has a mood, and in a mood that is not calm a random part of the faults,
 * each at a rate of its own: stories with few kinds of fault reach places that stories with all of them never do.
 */
import type { Random } from './random.ts';

/** Probabilities, at most these in the wildest seed. */
const highest = {
  /** DynamoDB fails a call: half of them before its effect, half after it. */
  storeError: 0.06,
  /** Two transactions meet. */
  contention: 0.2,
  /** An index shows rows as they were some seconds ago. */
  indexLag: 0.5,
  queueError: 0.06,
  ec2Error: 0.2,
  ec2Refusal: 0.5,
  ec2Unclear: 0.3,
  /** EC2 takes many seconds over a launch before it starts anything, or says no. */
  slowLaunch: 0.4,
  githubError: 0.15,
  githubRefusal: 0.1,
  githubLimit: 0.2,
  /** GitHub denies an installation for up to three minutes: its token, its runners, its jobs, and itself. */
  githubDenial: 0.2,
  /** GitHub denies one job for as long as half an hour, and shows its run. */
  jobDenied: 0.2,
  /** A function's process dies at some call. */
  death: 0.2,
  /** Lambda has no copy free, and hands a batch over late. */
  throttled: 0.2,
  /** A call takes seconds. */
  stall: 0.03,
  webhookLost: 0.25,
  webhookTwice: 0.25,
  webhookLate: 0.3,
  /** A `completed` event that names a machine of somebody else. */
  misdirected: 0.1,
  eventLost: 0.5,
  eventLate: 0.3,
  messageTwice: 0.15,
  sweepTwice: 0.8,
  sweepMissed: 0.2,
  dryPool: 0.5,
  neverBoots: 0.15,
  machineDies: 0.15,
  /** EC2 takes a spot machine back, two minutes after it said so. */
  spotTaken: 0.7,
  /** EC2 does not show a machine for a while. */
  hidden: 0.3,
  /** GitHub never gives the runner a job. */
  ghost: 0.2,
  /** The machine goes on after its job, or tries the door with what it is not entitled to. */
  hostile: 0.3,
  /** The tenant's own runner takes the job. */
  foreignRunner: 0.1,
  jobCancelled: 0.2,
  jobRequeued: 0.3,
  jobBlocked: 0.35,
  /** The job is announced as queued before it is announced as held back. */
  queuedBeforeWaiting: 0.9,
  /** One of the account's repositories is public. */
  publicRepository: 0.7,
  /** An owner changes what the runner group admits. */
  groupChange: 0.6,
  operator: 0.5,
  /** An account queues many jobs at once. */
  crowd: 0.4,
  tenantChange: 0.8,
  /** An operator edits a tenant just as a job of it is being taken in. */
  meddling: 0.5,
  clockSkew: 0.5,
  /** A machine claims as soon as its launch is answered. */
  quickBoot: 0.6,
  /** GitHub calls a runner idle that works, and lets it be removed. */
  staleBusy: 0.9,
  /** GitHub lets no runner of a tenant be removed, for the whole story and the quiet after it. */
  removalLimited: 0.2,
  /** An account or a repository gets another name. */
  renamed: 0.8,
} as const;

export type FaultName = keyof typeof highest;
export type Mood = 'calm' | 'rough' | 'wild';

export interface Faults {
  readonly mood: Mood;
  /** Whether this one happens now. */
  strikes(name: FaultName): boolean;
  /** From now on nothing happens. */
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
