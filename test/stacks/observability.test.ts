/** What watches the platform: alarms with an action and an article each, and nothing watched that nobody emits. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { metrics } from '../../lib/contract/metrics.ts';
import { configWith, defaultConfig, thirtyTiers } from '../config/configurations.ts';
import { emittedMetrics } from '../support/lives.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { type Resource, type Synthesized, synthesized } from './assembly.ts';
import { watchedMetrics } from './watched-metrics.ts';

const configurations = [
  defaultConfig,
  thirtyTiers,
  configWith({ alarmEmail: 'ops@example.com', oldestJobMinutes: 90, webhookSilenceMinutes: 120 }),
  configWith({ webhookSilenceMinutes: false }),
] as const;
const [app, large, told, quiet] = configurations.map(synthesized) as [
  Synthesized,
  Synthesized,
  Synthesized,
  Synthesized,
];
afterAll(() => {
  for (const each of [app, large, told, quiet]) each.dispose();
});

const alarmsOf = (of: typeof app): Resource[] => of.resources('AWS::CloudWatch::Alarm');
const names = (of: typeof app) => alarmsOf(of).map(({ Properties }) => Properties.AlarmName);

/** The tiers whose metric is in one of these alarms, none of which has more metrics than CloudWatch takes. */
function tiersWatched(of: typeof app, alarm: string, metric: string): string[] {
  const lists = alarmsOf(of)
    .filter(({ Properties }) => Properties.AlarmName.startsWith(`my-saas-${alarm}`))
    .map(({ Properties }) => Properties.Metrics.filter(({ MetricStat }: Resource) => MetricStat));
  expect(nonEmpty(lists).every((list) => list.length <= 10)).toBe(true);
  return lists
    .flat()
    .filter(({ MetricStat }) => MetricStat.Metric.MetricName === metric)
    .map(({ MetricStat }) => MetricStat.Metric.Dimensions.find(({ Name }: Resource) => Name === 'tier').Value)
    .sort();
}

describe('the alarms', () => {
  it('notify the topic when they fire and when they clear', () => {
    const [topic, ...others] = app.resources('AWS::SNS::Topic');
    expect(others).toEqual([]);
    expect(topic!.Properties.TopicName).toBe('my-saas-alarms');
    for (const { Properties } of nonEmpty(alarmsOf(app))) {
      expect([Properties.AlarmActions, Properties.OKActions]).toEqual([
        [{ Ref: topic!.id }],
        [{ Ref: topic!.id }],
      ]);
    }
  });

  it('each have an article in the runbook, and each article has its alarm', () => {
    const runbook = readFileSync(new URL('../../docs/RUNBOOK.md', import.meta.url), 'utf8');
    const part = runbook.split(/^# /m).find((text) => text.startsWith('Alarms\n'))!;
    const articles = [...part.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);
    const linked = alarmsOf(told).map(
      ({ Properties }) => /docs\/RUNBOOK\.md#([a-z-]+)$/.exec(Properties.AlarmDescription)![1]!,
    );
    expect([...new Set(linked)].sort()).toEqual([...articles].sort());
  });

  it('watch the age of each queue, and the errors and throttles of each function', () => {
    for (const { Properties } of nonEmpty(app.resources('AWS::SQS::Queue'))) {
      if (Properties.QueueName.endsWith('-dead-letters')) continue;
      expect(names(app)).toContain(`my-saas-queue-age-${Properties.QueueName.slice('my-saas-'.length)}`);
    }
    for (const { Properties } of nonEmpty(app.resources('AWS::Lambda::Function'))) {
      const name = Properties.FunctionName.slice('my-saas-'.length);
      expect(names(app)).toContain(`my-saas-function-errors-${name}`);
    }
    const throttles = alarmsOf(app).filter(({ Properties }) => Properties.AlarmName.includes('throttles'));
    const watched = throttles.flatMap(({ Properties }) =>
      (Properties.Metrics ?? []).flatMap(({ MetricStat }: Resource) => MetricStat?.Metric.Dimensions ?? []),
    );
    const functions = app.resources('AWS::Lambda::Function').map(({ Properties }) => Properties.FunctionName);
    expect(watched.map(({ Value }) => Value)).toEqual(expect.arrayContaining(functions));
  });

  it('watch every dead-letter queue, ten queues an alarm', () => {
    const queues = large.resources('AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName);
    const watched = alarmsOf(large)
      .filter(({ Properties }) => Properties.AlarmName.includes('dead-letters'))
      .map(({ Properties }) => Properties.Metrics.filter(({ MetricStat }: Resource) => MetricStat));
    expect(nonEmpty(watched).every((list) => list.length <= 10)).toBe(true);
    const seen = watched.flat().map(({ MetricStat }) => MetricStat.Metric.Dimensions[0].Value);
    expect(seen.sort()).toEqual(queues.filter((name) => name.endsWith('-dead-letters')).sort());
  });

  it('watch the oldest job of each tier, ten tiers an alarm if there are more', () => {
    const ofTier = (tier: string) =>
      alarmsOf(told).find(({ Properties }) => Properties.AlarmName === `my-saas-oldest-job-${tier}`);
    for (const tier of nonEmpty(Object.keys(defaultConfig.tiers))) {
      expect(ofTier(tier)!.Properties).toMatchObject({
        MetricName: 'OldestWaitSeconds',
        Dimensions: expect.arrayContaining([{ Name: 'tier', Value: tier }]),
        Threshold: 90 * 60,
      });
    }
    expect(tiersWatched(large, 'oldest-job', 'OldestWaitSeconds')).toEqual(
      Object.keys(thirtyTiers.tiers).sort(),
    );
  });

  it('watch whether EC2 has machines for each tier separately', () => {
    for (const [of, config] of [
      [app, defaultConfig],
      [large, thirtyTiers],
    ] as const) {
      const tiers = Object.keys(config.tiers).sort();
      expect(tiersWatched(of, 'launches-capacity', 'Launches')).toEqual(tiers);
      expect(tiersWatched(of, 'launches-capacity', 'MachinesStarted')).toEqual(tiers);
    }
    const [alarm] = alarmsOf(app).filter(
      ({ Properties }) => Properties.AlarmName === 'my-saas-launches-capacity',
    );
    const [formula] = alarm!.Properties.Metrics.filter(({ Expression }: Resource) => Expression);
    expect(formula.Expression).toContain('IF((FILL(short1, 0) > 0) AND (FILL(came1, 0) < 1), 1, 0)');
  });

  it('treat missing data as an alarm only if data must always arrive', () => {
    const breaching = alarmsOf(told).filter(({ Properties }) => Properties.TreatMissingData === 'breaching');
    expect(breaching.map(({ Properties }) => Properties.AlarmName).sort()).toEqual([
      'my-saas-runner-outdated',
      'my-saas-sweep-stopped',
    ]);
  });

  it('fire on missing webhooks, but not before the platform has run for that long', () => {
    for (const [of, minutes] of [
      [app, 1440],
      [told, 120],
    ] as const) {
      const alarm = alarmsOf(of).find(({ Properties }) => Properties.AlarmName === 'my-saas-no-webhooks')!;
      const { Metrics, TreatMissingData } = alarm.Properties;
      expect(TreatMissingData).toBe('notBreaching');
      expect(Metrics.find(({ Expression }: Resource) => Expression).Expression).toContain(
        `AND (FILL(minutes, 0) >= ${0.9 * minutes})`,
      );
      const stats = Metrics.flatMap(({ MetricStat }: Resource) => MetricStat ?? []);
      expect(stats.map(({ Period }: Resource) => Period)).toEqual(Array(4).fill(minutes * 60));
      expect(stats.map(({ Metric }: Resource) => Metric.MetricName)).toContain('SweepsDone');
    }
  });

  it('accept missing data if configured so', () => {
    expect(names(quiet)).not.toContain('my-saas-no-webhooks');
  });

  it('send e-mail only to configured addresses', () => {
    expect(app.resources('AWS::SNS::Subscription')).toEqual([]);
    const [subscription] = told.resources('AWS::SNS::Subscription');
    expect(subscription!.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
  });
});

describe('the topic', () => {
  it('accepts messages only from the alarms of this account, by TLS', () => {
    const [policy] = app.resources('AWS::SNS::TopicPolicy');
    const statements: Resource[] = policy!.Properties.PolicyDocument.Statement;
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    expect(statements).toContainEqual(expect.objectContaining({ Effect: 'Deny', Condition }));
  });
});

describe('each metric of a graph or an alarm', () => {
  it('is in the catalogue, with the same dimensions, for any number of tiers', () => {
    for (const { name, dimensions } of nonEmpty([...watchedMetrics(told), ...watchedMetrics(large)])) {
      const sets = metrics[name as keyof typeof metrics]?.sets.map((set) => ['environment', ...set].sort());
      expect({ name, sets }).toEqual({ name, sets: expect.arrayContaining([[...dimensions].sort()]) });
    }
  });

  it('is what the code emits', async () => {
    const emitted = await emittedMetrics();
    const silent = watchedMetrics(told).filter(({ name }) => !emitted.has(name));
    expect(silent).toEqual([]);
  });

  it('covers a minimum of metrics', () => {
    expect(new Set(watchedMetrics(app).map(({ name }) => name)).size).toBeGreaterThan(25);
  });
});

describe('the saved queries', () => {
  it('search the logs of every function', () => {
    const groups = app
      .resources('AWS::Logs::LogGroup')
      .map(({ Properties }) => Properties.LogGroupName)
      .sort();
    const queries = app.resources('AWS::Logs::QueryDefinition');
    expect(queries.length).toBeGreaterThan(5);
    for (const { Properties } of nonEmpty(queries)) {
      expect([...Properties.LogGroupNames].sort()).toEqual(groups);
      expect(Properties.Name).toMatch(/^my-saas\//);
    }
  });
});
