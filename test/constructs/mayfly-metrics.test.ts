/** That each metric of the construct is one that the platform emits, under these dimensions, or a queue's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { type LaunchFailureResult, Mayfly, metrics } from '../../lib/index.ts';
import type { LaunchFailureClass } from '../../lib/ports/compute.ts';
import { emittedMetrics } from '../support/lives.ts';
import { nonEmpty } from '../support/non-empty.ts';

const outdir = mkdtempSync(join(tmpdir(), 'mayfly-metrics-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const stack = new Stack(new App({ outdir }), 'Platform', { env: { region: 'us-east-1' } });
const mayfly = new Mayfly(stack, 'Runners', {
  environment: 'ci',
  observability: false,
});

/** Each method in each of its forms. */
const forms: Readonly<Record<string, readonly Metric[]>> = {
  metric: [mayfly.metric('SweepsDone', {}), mayfly.metric('Repairs', { kind: 'ghost' })],
  metricQueuedToStarted: [mayfly.metricQueuedToStarted(), mayfly.metricQueuedToStarted('small')],
  metricAcceptedToLeased: [mayfly.metricAcceptedToLeased(), mayfly.metricAcceptedToLeased('small')],
  metricJobsWaiting: [mayfly.metricJobsWaiting('small')],
  metricOldestWaitingJob: [mayfly.metricOldestWaitingJob('small')],
  metricOldestUnexplainedWait: [
    mayfly.metricOldestUnexplainedWait(),
    mayfly.metricOldestUnexplainedWait('small'),
  ],
  metricLeasesInUse: [mayfly.metricLeasesInUse('small')],
  metricJobsAccepted: [mayfly.metricJobsAccepted('small')],
  metricJobsDone: [mayfly.metricJobsDone('small', 'completed')],
  metricJobsRefused: [mayfly.metricJobsRefused()],
  metricMachinesStarted: [mayfly.metricMachinesStarted(), mayfly.metricMachinesStarted('small')],
  metricLaunchFailures: [mayfly.metricLaunchFailures('capacity')],
  metricWebhooksFailed: [mayfly.metricWebhooksFailed()],
  metricDeadLetters: [
    mayfly.metricDeadLetters({ tier: 'small' }),
    mayfly.metricDeadLetters({ queue: 'lifecycle' }),
    mayfly.metricDeadLetters({ queue: 'installations' }),
  ],
};

const dimensionsOf = ({ dimensions = {} }: Metric) => Object.keys(dimensions).sort();
const all = Object.values(forms).flat();
const own = all.filter(({ namespace }) => namespace === 'Mayfly');

describe('the metrics of the construct', () => {
  it('are all looked at here', () => {
    const methods = Object.getOwnPropertyNames(Mayfly.prototype).filter((name) => name.startsWith('metric'));
    expect(Object.keys(forms).sort()).toEqual(methods.sort());
  });

  it('are in the catalogue under these very dimensions', () => {
    for (const metric of nonEmpty(own)) {
      const sets = metrics[metric.metricName as keyof typeof metrics].sets;
      const known = sets.map((set) => ['environment', ...set].sort());
      expect({ name: metric.metricName, known }).toEqual({
        name: metric.metricName,
        known: expect.arrayContaining([dimensionsOf(metric)]),
      });
    }
  });

  it('are what the code emits', async () => {
    const emitted = await emittedMetrics();
    expect(own.filter(({ metricName }) => !emitted.has(metricName))).toEqual([]);
  });

  it('are of queues that the stack has, if they are not our own', () => {
    const queues = all.filter(({ namespace }) => namespace === 'AWS/SQS');
    expect(queues.map(({ dimensions }) => dimensions?.['QueueName'])).toEqual([
      'ci-small-builds-dead-letters',
      'ci-lifecycle-dead-letters',
      'ci-installations-dead-letters',
    ]);
    expect(queues).toHaveLength(all.length - own.length);
  });

  it('add counts up, and take the worst of waits and levels, and the median of times', () => {
    const statistics = own.map(({ metricName, statistic }) => [metricName, statistic]);
    expect(Object.fromEntries(statistics)).toMatchObject({
      JobsAccepted: 'Sum',
      Launches: 'Sum',
      JobsWaiting: 'Maximum',
      LeasesInUse: 'Maximum',
      OldestWaitSeconds: 'Maximum',
      QueuedToStartedMilliseconds: 'p50',
    });
  });

  it('can be looked at in another way', () => {
    const view = { statistic: 'p99', period: Duration.minutes(1), label: 'start' };
    expect(mayfly.metricQueuedToStarted('small', view)).toMatchObject({ statistic: 'p99', label: 'start' });
  });

  it('belong to the region of the platform', () => {
    expect(own.map(({ region }) => region)).toEqual(own.map(() => 'us-east-1'));
  });

  it('refuse a tier that is not there', () => {
    for (const ask of [
      () => mayfly.metricJobsWaiting('smal'),
      () => mayfly.metricDeadLetters({ tier: 'smal' }),
      () => mayfly.metric('JobsExpired', { tier: 'smal' }),
    ])
      expect(ask).toThrow('There is no tier "smal"; the tiers are small, medium, large.');
  });

  it('know the failures of launches that EC2 is classified by', () => {
    const known: Record<LaunchFailureClass, LaunchFailureResult> = {
      capacity: 'capacity',
      unoffered: 'unoffered',
      quota: 'quota',
      throttled: 'throttled',
      fatal: 'fatal',
      unknown: 'unknown',
    };
    const results: Record<LaunchFailureResult, LaunchFailureClass> = known;
    for (const result of nonEmpty(Object.values(results)))
      expect(mayfly.metricLaunchFailures(result).dimensions).toEqual({ environment: 'ci', result });
  });
});
