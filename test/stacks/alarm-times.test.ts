/** When alarms fire: at the first event, or after what their description says. Somebody who is woken acts on that sentence. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { alarmConfigurations } from './alarm-configurations.ts';
import { type Resource, synthesized } from './assembly.ts';

const apps = alarmConfigurations.map((config) => synthesized(config));
afterAll(() => {
  for (const app of apps) app.dispose();
});

const unitSeconds = { minute: 60, hour: 3_600 };

const alarms = apps
  .flatMap((app) => app.resources('AWS::CloudWatch::Alarm'))
  .map(({ Properties }) => {
    const { AlarmName, AlarmDescription, EvaluationPeriods, DatapointsToAlarm, Threshold } = Properties;
    const stats = (Properties.Metrics ?? []).flatMap(({ MetricStat }: Resource) => MetricStat ?? []);
    const periods: number[] = [Properties, ...stats].flatMap(({ Period }) => Period ?? []);
    const [sentence] = String(AlarmDescription).split('\n');
    const [, count, unit] = /(\d+) (minute|hour)s?\b/.exec(sentence!) ?? [];
    return {
      name: AlarmName.slice('my-saas-'.length).replace(/-\d+$/, '') as string,
      periods: new Set(periods),
      lookSeconds: EvaluationPeriods * Math.max(...periods),
      ...{ sentence, EvaluationPeriods, DatapointsToAlarm, Threshold },
      ...(count ? { saidSeconds: Number(count) * unitSeconds[unit as 'minute' | 'hour'] } : {}),
    };
  });

const isAge = ({ name }: (typeof alarms)[number]) => /^(oldest-job|queue-age|unexplained-wait)/.test(name);
/** They count something else than events. */
const thresholds: Readonly<Record<string, number>> = { 'github-limited': 49, 'bill-mismatch': 2 };

describe('an alarm', () => {
  it('about an age fires above the age in its description, and at most five minutes later', () => {
    for (const alarm of nonEmpty(alarms.filter(isAge))) {
      expect([alarm.name, alarm.Threshold]).toEqual([alarm.name, alarm.saidSeconds]);
      expect(alarm.lookSeconds).toBeLessThanOrEqual(300);
    }
  });

  it('about anything else fires at the first event, or if events go on for as long as its description says', () => {
    for (const alarm of nonEmpty(alarms.filter((each) => !isAge(each)))) {
      const { name, saidSeconds, lookSeconds, EvaluationPeriods, Threshold } = alarm;
      expect([name, Threshold]).toEqual([name, thresholds[name] ?? 0]);
      if (saidSeconds === undefined) expect([name, EvaluationPeriods]).toEqual([name, 1]);
      else expect([name, lookSeconds]).toEqual([name, saidSeconds]);
    }
  });

  it('that fires at the first event looks every five minutes at least, or each hour at what is checked as rarely', () => {
    const first = alarms.filter((each) => !isAge(each) && each.saidSeconds === undefined);
    for (const { name, lookSeconds } of nonEmpty(first)) {
      const isRare = ['runner-refused', 'bill-mismatch'].includes(name);
      expect([name, lookSeconds <= (isRare ? 3_600 : 300)]).toEqual([name, true]);
    }
  });

  it('has metrics of one period, each of which counts', () => {
    for (const { name, periods, DatapointsToAlarm } of nonEmpty(alarms)) {
      expect([name, periods.size, DatapointsToAlarm]).toEqual([name, 1, undefined]);
    }
  });

  it('looks back no further than CloudWatch allows: a day, or a week in periods of an hour or longer', () => {
    // Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    for (const { name, periods, lookSeconds } of nonEmpty(alarms)) {
      const most = Math.min(...periods) >= 3_600 ? 604_800 : 86_400;
      expect([name, lookSeconds <= most]).toEqual([name, true]);
    }
  });
});
