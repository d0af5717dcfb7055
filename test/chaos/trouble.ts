/**
 * What goes wrong while chaos lasts: functions die, calls of AWS and GitHub fail before or after their effect, webhooks
 * and EC2's events are lost, doubled and late, schedules are doubled and late, machines never boot or are taken back. All of
 * it ends with `stop`.
 */
import type { Dial } from '../../lib/local/aws/service.ts';
import type { World } from '../e2e/support/world.ts';
import { oneOf } from './load.ts';

export interface TroubleCounts {
  readonly functionsKilled: number;
  readonly awsCallsFailed: number;
  /** Writes to rows that a transaction was writing. */
  readonly writesInConflict: number;
  readonly webhooksFailed: number;
  readonly spotMachinesTaken: number;
}

export interface Trouble {
  summary(): string;
  /** Everything works again from here on. */
  stop(): TroubleCounts;
}

/** As long as those of DynamoDB take; in memory they would hardly ever meet. */
const transactionMilliseconds = 25;
const indexLagMilliseconds = 3_000;
const killEveryMilliseconds = 900;
const turnEveryMilliseconds = 2000;

const everywhere: readonly Dial[] = [
  { service: 'dynamodb', action: '*', probability: 0.02, error: { code: 'ConnectionReset' }, when: 'after' },
  { service: 'sqs', action: '*', probability: 0.03, error: { code: 'InternalError', status: 500 } },
];

/** One of these is added at a time. */
const ec2Faults: readonly (readonly Dial[])[] = [
  [
    {
      service: 'ec2',
      action: 'CreateFleet',
      probability: 0.5,
      error: { code: 'ConnectionReset' },
      when: 'after',
    },
  ],
  [
    {
      service: 'ec2',
      action: 'CreateFleet',
      probability: 0.7,
      error: { code: 'RequestLimitExceeded', status: 503 },
    },
  ],
  [
    {
      service: 'ec2',
      action: 'CreateFleet',
      probability: 0.5,
      error: { code: 'InternalError', status: 500 },
      when: 'after',
    },
  ],
  [
    {
      service: 'ec2',
      action: 'TerminateInstances',
      probability: 0.5,
      error: { code: 'RequestLimitExceeded', status: 503 },
    },
  ],
  // Each kind of call has a rate of its own, and calls that read have one too.
  // Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  ['DescribeInstances', 'DescribeFleets', 'DescribeSpotPriceHistory', 'GetConsoleOutput'].map((action) => ({
    service: 'ec2',
    action,
    probability: 0.7,
    error: { code: 'RequestLimitExceeded', status: 503 },
  })),
  [
    {
      service: 'dynamodb',
      action: 'TransactWriteItems',
      probability: 0.4,
      error: { code: 'ConnectionReset' },
      when: 'after',
    },
  ],
  [],
];

const jit = 'POST */generate-jitconfig';
const githubTrouble = {
  faults: [
    {
      route: jit,
      status: 403,
      probability: 0.1,
      headers: { 'retry-after': '2' },
      message: 'secondary rate limit',
    },
    // GitHub need not say for how long: the platform then waits for a minute.
    { route: jit, status: 429, probability: 0.02, message: 'You have exceeded a secondary rate limit.' },
    { route: jit, status: 502, probability: 0.1, when: 'after' },
    { route: '* /app/*', status: 502, probability: 0.05 },
    { route: '* /repos/*', status: 502, probability: 0.05 },
    { route: '* /orgs/*', status: 500, probability: 0.05 },
  ],
  webhooks: { loseProbability: 0.05, duplicateProbability: 0.1, delayProbability: 0.15, delayMs: 1500 },
  // GitHub's own is 80; a tenant has some twenty jobs in a minute here.
  contentWritesPerMinute: 25,
} as const;

const eventTrouble = {
  loseProbability: 0.1,
  duplicateProbability: 0.2,
  delayProbability: 0.3,
  delayMilliseconds: 4_000,
};

const noGithubTrouble = {
  faults: [],
  contentWritesPerMinute: 80,
  webhooks: { loseProbability: 0, duplicateProbability: 0, delayProbability: 0, delayMs: 0 },
};

export function startTrouble({ laptop }: World): Trouble {
  const { endpoint, github, ec2, functions, dynamodb, events } = laptop;
  let awsCallsFailed = 0;
  // 0: the connection was closed. What is refused with 4xx, an unmet condition above all, is no trouble.
  const stopCounting = endpoint.onCall(({ status }) => {
    if (status === 0 || status >= 500) awsCallsFailed += 1;
  });
  let functionsKilled = 0;
  let spotMachinesTaken = 0;
  const turn = () => {
    endpoint.dials.set([...everywhere, ...oneOf(ec2Faults)]);
    void dynamodb.deleteExpired();
    const spot = ec2
      .instances()
      .filter(({ lifecycle, state }) => lifecycle === 'spot' && state === 'running');
    const taken = Math.random() < 0.3 ? spot[0] : undefined;
    if (!taken) return;
    ec2.interruptSpot(taken.instanceId);
    spotMachinesTaken += 1;
  };
  turn();
  dynamodb.lagIndexes(indexLagMilliseconds);
  github.setDials(githubTrouble);
  dynamodb.slowTransactions(transactionMilliseconds);
  events.disturb(eventTrouble);
  ec2.setDials({
    ...{ neverBoot: { probability: 0.05, count: null }, lagMilliseconds: 300, endLagMilliseconds: 1_500 },
  });
  const timers = [
    setInterval(() => {
      if (functions.killRandomContainer()) functionsKilled += 1;
    }, killEveryMilliseconds),
    setInterval(turn, turnEveryMilliseconds),
  ];
  const counts = () => ({
    functionsKilled,
    awsCallsFailed,
    writesInConflict: dynamodb.conflicts(),
    webhooksFailed: github.state().deliveries.failed,
    spotMachinesTaken,
  });
  return {
    summary() {
      const { webhooksFailed } = counts();
      return `${functionsKilled} functions killed, ${awsCallsFailed} AWS calls and ${webhooksFailed} webhooks failed`;
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      stopCounting();
      endpoint.dials.clear();
      dynamodb.slowTransactions(0);
      dynamodb.lagIndexes(0);
      events.disturb();
      github.setDials(noGithubTrouble);
      ec2.setDials({
        ...{ neverBoot: { probability: 0, count: null }, lagMilliseconds: 0, endLagMilliseconds: 0 },
      });
      return counts();
    },
  };
}
