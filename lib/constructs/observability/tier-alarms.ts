/**
 * The alarms for each tier separately: its oldest job, and whether EC2 has capacity for it. So a tier that stands still
 * is not hidden by one that runs. If there are many tiers, several share an alarm.
 */
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { CheckedConfig } from '../../config/check-config.ts';
import { chunksOf } from '../../core/chunks.ts';
import type { Tier } from '../../core/tier.ts';
import { type AlarmPlan, largest, mostMetrics, numbered } from './alarm-plan.ts';
import { platformMetric } from './platform-metrics.ts';

export function oldestJobAlarms({ deployment, oldestJobMinutes }: CheckedConfig): AlarmPlan[] {
  const { environment, tiers } = deployment;
  const wait = ({ name: tier }: Tier) =>
    platformMetric(environment, 'OldestWaitSeconds', {
      dimensions: { tier },
      statistic: 'Maximum',
      minutes: 1,
    });
  const about = { article: 'oldest-job', above: oldestJobMinutes * 60, periods: 5 };
  const says = (where: string) => `A job of ${where} has waited for more than ${oldestJobMinutes} minutes`;
  if (tiers.length <= mostMetrics) {
    return tiers.map((tier) => ({
      ...about,
      name: `oldest-job-${tier.name}`,
      says: says(`the tier ${tier.name}`),
      metric: wait(tier),
    }));
  }
  return chunksOf(tiers, mostMetrics).map((chunk, n, chunks) => ({
    ...about,
    name: numbered('oldest-job', chunks, n),
    says: says(`one of the tiers ${listed(chunk)}`),
    metric: largest(chunk.map(wait), 1),
  }));
}

/** Two metrics for each tier: EC2's refusals, and whether machines started all the same. */
export function capacityAlarms({ deployment: { environment, tiers } }: CheckedConfig): AlarmPlan[] {
  const sums = { statistic: 'Sum', minutes: 5 };
  return chunksOf(tiers, mostMetrics / 2).map((chunk, n, chunks) => ({
    name: numbered('launches-capacity', chunks, n),
    article: 'launches-capacity',
    says: `For 15 minutes, no EC2 pool has had a machine for waiting jobs, in one of ${listed(chunk)}`,
    metric: new MathExpression({
      // Machines are only launched for waiting jobs, so a refusal means that a job waits.
      expression: chunk
        .map((_, k) => `IF((FILL(short${k}, 0) > 0) AND (FILL(came${k}, 0) < 1), 1, 0)`)
        .join(' + '),
      usingMetrics: Object.fromEntries(
        chunk.flatMap(({ name: tier }, k) => [
          [
            `short${k}`,
            platformMetric(environment, 'Launches', { dimensions: { tier, result: 'capacity' }, ...sums }),
          ],
          [`came${k}`, platformMetric(environment, 'MachinesStarted', { dimensions: { tier }, ...sums })],
        ]),
      ),
      period: Duration.minutes(5),
    }),
    above: 0,
    periods: 3,
  }));
}

const listed = (tiers: readonly Tier[]) => tiers.map(({ name }) => name).join(', ');
