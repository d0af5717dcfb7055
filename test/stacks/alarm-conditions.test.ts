/** What makes an alarm fire, and what does not: its formula is computed as CloudWatch would, from samples of its metrics. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { alarmConfigurations } from './alarm-configurations.ts';
import { type Resource, synthesized } from './assembly.ts';

const apps = alarmConfigurations.map((config) => synthesized(config));
afterAll(() => {
  for (const app of apps) app.dispose();
});

type Samples = Readonly<Record<string, number>>;

interface Watched {
  readonly id: string;
  readonly namespace: string;
  readonly metric: string;
  readonly statistic: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface Alarm {
  readonly name: string;
  readonly operator: string;
  readonly isOn: boolean;
  readonly threshold: number;
  readonly formula: string | undefined;
  readonly watched: readonly Watched[];
}

const dimensionsOf = (list: readonly Resource[] = []) =>
  Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));

const alarms = apps
  .flatMap((app) => app.resources('AWS::CloudWatch::Alarm'))
  .map(({ Properties }): Alarm => {
    const parts: Resource[] = Properties.Metrics ?? [
      { Id: 'm1', MetricStat: { Metric: Properties, Stat: Properties.Statistic } },
    ];
    return {
      name: Properties.AlarmName.slice('my-saas-'.length),
      operator: Properties.ComparisonOperator,
      isOn: Properties.ActionsEnabled !== false,
      threshold: Properties.Threshold,
      formula: parts.find(({ Expression }) => Expression)?.['Expression'],
      watched: parts.flatMap(({ Id, MetricStat }) =>
        MetricStat
          ? {
              id: Id,
              namespace: MetricStat.Metric.Namespace,
              metric: MetricStat.Metric.MetricName,
              statistic: MetricStat.Stat,
              dimensions: dimensionsOf(MetricStat.Metric.Dimensions),
            }
          : [],
      ),
    };
  });

const named = (pattern: RegExp) => alarms.filter(({ name }) => pattern.test(name));

/** The words of CloudWatch's metric math that the formulas use. A metric without a sample has no data. */
function firesAt({ formula, threshold }: Alarm, samples: Samples): boolean {
  if (formula === undefined) return (samples['m1'] ?? 0) > threshold;
  const filled = formula.replace(/FILL\((\w+), 0\)/g, (_, id: string) => String(samples[id] ?? 0));
  const script = filled.replaceAll(' AND ', ' && ').replaceAll('IF(', 'choose(');
  const choose = (condition: boolean, yes: number, no: number) => (condition ? yes : no);
  return Function('choose', `return ${script}`)(choose) > threshold;
}

describe('an alarm', () => {
  it('fires above its threshold, and is on', () => {
    for (const { name, operator, isOn } of nonEmpty(alarms)) {
      expect([name, operator, isOn]).toEqual([name, 'GreaterThanThreshold', true]);
    }
  });

  it('about several metrics of one kind fires if any of them counts one event, and not without events', () => {
    for (const alarm of nonEmpty(named(/^(dead-letters|function-throttles|launches-fatal)/))) {
      expect([alarm.name, firesAt(alarm, {})]).toEqual([alarm.name, false]);
      for (const { id } of nonEmpty(alarm.watched)) {
        expect([alarm.name, id, firesAt(alarm, { [id]: 1 })]).toEqual([alarm.name, id, true]);
      }
    }
  });

  it.each(['sweep-stopped', 'runner-outdated'])('%s fires if nothing is reported', (name) => {
    for (const alarm of nonEmpty(named(new RegExp(`^${name}$`)))) {
      expect(firesAt(alarm, {})).toBe(true);
      expect(firesAt(alarm, { [alarm.watched[0]!.id]: 1 })).toBe(false);
    }
  });

  it.each<[string, Samples, boolean]>([
    ['no webhook arrives', { minutes: 120 }, true],
    ['all that arrive are refused or ignored', { minutes: 120, received: 5, refused: 3, ignored: 2 }, true],
    ['one is usable', { minutes: 120, received: 6, refused: 3, ignored: 2 }, false],
    ['the platform has not run for that long', { minutes: 100 }, false],
  ])('about missing webhooks, where %s', (_, samples, fires) => {
    const [alarm] = named(/^no-webhooks$/);
    expect(firesAt(alarm!, samples)).toBe(fires);
  });

  it('about capacity fires for each tier that lacked machines and got none', () => {
    for (const alarm of nonEmpty(named(/^launches-capacity/))) {
      const tiers = alarm.watched.filter(({ metric }) => metric === 'Launches');
      expect(firesAt(alarm, {})).toBe(false);
      for (const { id, dimensions } of nonEmpty(tiers)) {
        expect(dimensions['result']).toBe('capacity');
        const started = alarm.watched.find(
          ({ metric, dimensions: { tier } }) => metric === 'MachinesStarted' && tier === dimensions['tier'],
        )!;
        expect(firesAt(alarm, { [id]: 1 })).toBe(true);
        expect(firesAt(alarm, { [id]: 1, [started.id]: 1 })).toBe(false);
      }
    }
  });

  it('adds up events, and takes the greatest age and the greatest state: an average would hide one', () => {
    const isLevel = /Seconds$|AgeOfOldest|NumberOfMessages|InStep$|Cut$|Days$/;
    for (const { metric, statistic } of nonEmpty(alarms.flatMap(({ watched }) => watched))) {
      expect([metric, statistic]).toEqual([metric, isLevel.test(metric) ? 'Maximum' : 'Sum']);
    }
  });

  it('watches this environment: its own metrics, and AWS’s of its queues and functions', () => {
    for (const { namespace, metric, dimensions } of nonEmpty(alarms.flatMap(({ watched }) => watched))) {
      const { environment, QueueName, FunctionName } = dimensions;
      const of = { Mayfly: `${environment}-`, 'AWS/SQS': QueueName, 'AWS/Lambda': FunctionName }[namespace];
      expect([namespace, metric, of]).toEqual([namespace, metric, expect.stringMatching(/^my-saas-/)]);
    }
  });

  it.each([
    ['launches-quota', ['quota']],
    ['launches-throttled', ['throttled']],
    ['launches-fatal', ['fatal', 'unknown']],
    ['runner-refused', ['refused']],
    ['github-limited', ['limited']],
    ['identity-unverified', ['identity-unverified']],
  ])('%s counts %j and nothing else', (name, results) => {
    for (const { watched } of nonEmpty(named(new RegExp(`^${name}$`)))) {
      expect(watched.map(({ dimensions: { result, reason } }) => result ?? reason)).toEqual(results);
    }
  });

  it.each([
    ['queue-age-', 'ApproximateAgeOfOldestMessage', 'QueueName'],
    ['function-errors-', 'Errors', 'FunctionName'],
  ])('%s… watches what its name says', (prefix, metric, dimension) => {
    for (const { name, watched } of nonEmpty(named(new RegExp(`^${prefix}`)))) {
      const of = { [dimension]: `my-saas-${name.slice(prefix.length)}` };
      expect(watched).toEqual([expect.objectContaining({ metric, dimensions: of })]);
    }
  });
});
