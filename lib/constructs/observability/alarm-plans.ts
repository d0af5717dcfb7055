/**
 * What alerts the operator, and when: each alarm with its metrics, its threshold, and the article of docs/RUNBOOK.md that
 * says what to do. There is no alarm for conditions that recover by themselves in time, or that an operator cannot
 * act on.
 */
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { CheckedConfig } from '../../config/check-config.ts';
import type { DimensionSetOf } from '../../contract/metric-dimensions.ts';
import type { MetricName } from '../../contract/metrics.ts';
import { deadLettersOf, namesOf } from '../../contract/resource-names.ts';
import { chunksOf } from '../../core/chunks.ts';
import { daysApartForAlarm } from '../../core/compare-bill.ts';
import { unexplainedSeconds } from '../../core/reason.ts';
import { type AlarmPlan, mostMetrics, numbered, sum } from './alarm-plan.ts';
import { functionMetric, platformMetric, queueMetric } from './platform-metrics.ts';
import { capacityAlarms, oldestJobAlarms } from './tier-alarms.ts';

export function alarmPlans(config: CheckedConfig): AlarmPlan[] {
  return [
    ...jobAlarms(config),
    ...oldestJobAlarms(config),
    ...queueAlarms(config),
    ...launchAlarms(config),
    ...capacityAlarms(config),
    ...functionAlarms(config),
    ...runnerAlarms(config),
    ...silenceAlarms(config),
    ...costAlarms(config),
  ];
}

function jobAlarms({ deployment: { environment } }: CheckedConfig): AlarmPlan[] {
  const inFiveMinutes = <Name extends MetricName>(name: Name, dimensions: DimensionSetOf<Name>) =>
    platformMetric(environment, name, { dimensions, statistic: 'Sum', minutes: 5 });
  return [
    {
      name: 'unexplained-wait',
      article: 'unexplained-wait',
      says: `A job that is first in its line has waited for ${unexplainedSeconds / 60} minutes without being processed`,
      metric: platformMetric(environment, 'OldestUnexplainedWaitSeconds', {
        dimensions: {},
        statistic: 'Maximum',
        minutes: 1,
      }),
      above: unexplainedSeconds,
      periods: 3,
    },
    {
      name: 'identity-unverified',
      article: 'identity-unverified',
      says: 'A machine with a valid ticket was refused: its identity document matches no known certificate of the region',
      metric: inFiveMinutes('ClaimsRefused', { reason: 'identity-unverified' }),
      above: 0,
      periods: 1,
    },
    {
      name: 'gates-disagree',
      article: 'gates-disagree',
      says: 'GitHub gave a machine to a job that may not run: the start gate rejected it before its first step',
      metric: inFiveMinutes('GatesDisagree', {}),
      above: 0,
      periods: 1,
    },
    {
      name: 'github-limited',
      article: 'github-limited',
      says: 'For 15 minutes, GitHub or the budget for its API has refused at least 50 calls every 5 minutes',
      metric: inFiveMinutes('GitHubRefusals', { reason: 'limited' }),
      above: 49,
      periods: 3,
    },
    {
      name: 'webhooks-failed',
      article: 'webhooks-failed',
      says: 'Webhooks got a 503; GitHub does not redeliver them automatically',
      metric: inFiveMinutes('WebhooksFailed', {}),
      above: 0,
      periods: 1,
    },
  ];
}

function queueAlarms({ deployment }: CheckedConfig): AlarmPlan[] {
  const { queues } = namesOf(deployment);
  const short = (queue: string) => queue.slice(deployment.environment.length + 1);
  const chunks = chunksOf(queues, mostMetrics);
  return [
    ...queues.map((queue) => ({
      name: `queue-age-${short(queue)}`,
      article: 'queue-age',
      says: `The oldest message of ${queue} is more than 2 minutes old`,
      metric: queueMetric(queue, 'ApproximateAgeOfOldestMessage', 'Maximum'),
      above: 120,
      periods: 5,
    })),
    ...chunks.map((chunk, n) => ({
      name: numbered('dead-letters', chunks, n),
      article: 'dead-letters',
      says: `A message failed for an hour and is now in one of ${chunk.map(deadLettersOf).join(', ')}`,
      metric: sum(
        chunk.map((queue) =>
          queueMetric(deadLettersOf(queue), 'ApproximateNumberOfMessagesVisible', 'Maximum'),
        ),
        1,
      ),
      above: 0,
      periods: 1,
    })),
  ];
}

function launchAlarms({ deployment: { environment } }: CheckedConfig): AlarmPlan[] {
  const launches = (result: string) =>
    platformMetric(environment, 'Launches', { dimensions: { result }, statistic: 'Sum', minutes: 5 });
  return [
    {
      name: 'launches-quota',
      article: 'launches-quota',
      says: 'The AWS account has been at its vCPU quota for 15 minutes',
      metric: launches('quota'),
      above: 0,
      periods: 3,
    },
    {
      name: 'launches-throttled',
      article: 'launches-throttled',
      says: 'EC2 has throttled calls for 15 minutes',
      metric: launches('throttled'),
      above: 0,
      periods: 3,
    },
    {
      name: 'launches-fatal',
      article: 'launches-fatal',
      says: 'EC2 rejects launches for a reason that a retry cannot fix',
      metric: sum([launches('fatal'), launches('unknown')], 5),
      above: 0,
      periods: 1,
    },
  ];
}

/**
 * Errors of each function. When Lambda is out of concurrency the cause and the remedy are the same for all, so those
 * share an alarm.
 */
function functionAlarms({ deployment }: CheckedConfig): AlarmPlan[] {
  const { functions } = namesOf(deployment);
  const short = (name: string) => name.slice(deployment.environment.length + 1);
  const chunks = chunksOf(functions, mostMetrics);
  return [
    ...functions.map((name) => ({
      name: `function-errors-${short(name)}`,
      article: 'function-errors',
      says: `${name} has failed, timed out or not started for 10 minutes`,
      metric: functionMetric(name, 'Errors', { statistic: 'Sum', minutes: 5 }),
      above: 0,
      periods: 2,
    })),
    ...chunks.map((chunk, n) => ({
      name: numbered('function-throttles', chunks, n),
      article: 'function-throttles',
      says: `For 10 minutes, Lambda has throttled one of ${chunk.join(', ')}`,
      metric: sum(
        chunk.map((name) => functionMetric(name, 'Throttles', { statistic: 'Sum', minutes: 5 })),
        5,
      ),
      above: 0,
      periods: 2,
    })),
  ];
}

function runnerAlarms({ deployment: { environment } }: CheckedConfig): AlarmPlan[] {
  return [
    {
      name: 'runner-refused',
      article: 'runner-refused',
      says: 'A release of the runner program was refused: its checksum is missing or does not match',
      metric: platformMetric(environment, 'RunnerSyncs', {
        dimensions: { result: 'refused' },
        statistic: 'Sum',
        minutes: 60,
      }),
      above: 0,
      periods: 1,
    },
    {
      name: 'runner-outdated',
      article: 'runner-outdated',
      says: "For 12 hours no check has found the runner programs up to date with GitHub's release",
      metric: new MathExpression({
        expression: 'IF(FILL(inStep, 0) > 0, 0, 1)',
        usingMetrics: {
          inStep: platformMetric(environment, 'RunnersInStep', {
            dimensions: {},
            statistic: 'Maximum',
            minutes: 60,
          }),
        },
        period: Duration.minutes(60),
      }),
      above: 0,
      periods: 12,
      silenceIsBad: true,
    },
  ];
}

function silenceAlarms({ deployment, webhookSilenceMinutes }: CheckedConfig): AlarmPlan[] {
  const { environment } = deployment;
  const of = (name: 'WebhooksRefused' | 'WebhooksIgnored' | 'SweepsDone', minutes: number) =>
    platformMetric(environment, name, { dimensions: {}, statistic: 'Sum', minutes });
  const sweeps = (name: 'SweepsDone' | 'SweepsCut', statistic: string) =>
    platformMetric(environment, name, { dimensions: {}, statistic, minutes: 1 });
  const silence: AlarmPlan[] =
    webhookSilenceMinutes === undefined
      ? []
      : [
          {
            name: 'no-webhooks',
            article: 'no-webhooks',
            says: `No usable webhook has arrived for ${webhookSilenceMinutes} minutes`,
            metric: new MathExpression({
              // Webhooks rejected for a bad signature do not count: anybody can send those. And a platform younger than
              // the limit has not been waiting that long: the sweep counts its minutes.
              expression:
                'IF((FILL(received, 0) - FILL(refused, 0) - FILL(ignored, 0) < 1) ' +
                `AND (FILL(minutes, 0) >= ${Math.floor(0.9 * webhookSilenceMinutes)}), 1, 0)`,
              usingMetrics: {
                received: functionMetric(`${environment}-webhook`, 'Invocations', {
                  statistic: 'Sum',
                  minutes: webhookSilenceMinutes,
                }),
                refused: of('WebhooksRefused', webhookSilenceMinutes),
                ignored: of('WebhooksIgnored', webhookSilenceMinutes),
                minutes: of('SweepsDone', webhookSilenceMinutes),
              },
              period: Duration.minutes(webhookSilenceMinutes),
            }),
            above: 0,
            periods: 1,
          },
        ];
  return [
    ...silence,
    {
      name: 'sweep-stopped',
      article: 'sweep-stopped',
      says: 'No sweep has finished for 5 minutes: nothing is repaired',
      metric: new MathExpression({
        expression: 'IF(FILL(done, 0) > 0, 0, 1)',
        usingMetrics: { done: sweeps('SweepsDone', 'Sum') },
        period: Duration.minutes(1),
      }),
      above: 0,
      periods: 5,
      silenceIsBad: true,
    },
    {
      name: 'sweep-incomplete',
      article: 'sweep-incomplete',
      says: 'For 15 minutes, each sweep has left rows for the next one',
      metric: sweeps('SweepsCut', 'Maximum'),
      above: 0,
      periods: 15,
    },
  ];
}

function costAlarms({ deployment: { environment } }: CheckedConfig): AlarmPlan[] {
  return [
    {
      name: 'unpriced',
      article: 'unpriced',
      says: 'In each of 3 hours, machines ended whose type or disk has no price: costs are too low',
      metric: platformMetric(environment, 'MachinesUnpriced', {
        dimensions: {},
        statistic: 'Sum',
        minutes: 60,
      }),
      above: 0,
      periods: 3,
    },
    {
      name: 'bill-mismatch',
      article: 'bill-mismatch',
      says: `Cost records and AWS's bill have differed by more than 3% on each of ${daysApartForAlarm} days`,
      metric: platformMetric(environment, 'BillMismatchDays', {
        dimensions: {},
        statistic: 'Maximum',
        minutes: 60,
      }),
      above: daysApartForAlarm - 1,
      periods: 1,
    },
  ];
}
