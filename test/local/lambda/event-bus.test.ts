/** Rules, patterns and schedules: what reaches which target, and what is refused. */
import { mock } from 'node:test';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EventBus } from '../../../lib/local/lambda/event-bus.ts';
import { checkPattern, type EventPattern, matchesPattern } from '../../../lib/local/lambda/event-pattern.ts';
import { parseSchedule } from '../../../lib/local/lambda/schedule.ts';

const terminated = {
  source: 'aws.ec2',
  'detail-type': 'EC2 Instance State-change Notification',
  detail: { 'instance-id': 'i-1', state: 'terminated' },
};

describe('an event pattern', () => {
  it.each<[EventPattern, boolean]>([
    [{ source: ['aws.ec2'] }, true],
    [{ source: ['aws.s3'] }, false],
    [{ source: ['aws.s3', 'aws.ec2'], detail: { state: ['terminated', 'stopped'] } }, true],
    [{ detail: { state: ['running'] } }, false],
    [{ 'detail-type': [{ prefix: 'EC2 ' }] }, true],
    [{ detail: { state: [{ 'anything-but': ['running'] }] } }, true],
    [{ detail: { other: [{ exists: false }] } }, true],
    [{ detail: { other: ['x'] } }, false],
  ])('%j matches: %s', (pattern, matches) => {
    expect(matchesPattern(pattern, terminated)).toBe(matches);
  });

  it('with an unsupported filter is refused by name', () => {
    expect(() => checkPattern({ detail: { state: [{ wildcard: '*' }] } })).toThrow(
      'detail.state by wildcard',
    );
  });
});

describe('a schedule', () => {
  it('reads rates', () => {
    expect(parseSchedule('rate(5 minutes)')).toEqual({ kind: 'rate', milliseconds: 300_000 });
  });

  it.each([
    ['cron(*/10 * * * ? *)', '2026-11-21T05:20:00Z', true],
    ['cron(0/10 * * * ? *)', '2026-11-21T05:21:00Z', false],
    ['cron(15 6 ? * MON-FRI *)', '2026-11-23T06:15:00Z', true],
    ['cron(15 6 ? * MON-FRI *)', '2026-11-22T06:15:00Z', false],
    ['cron(0 0 1 JAN,JUL ? 2026)', '2026-07-01T00:00:00Z', true],
  ])('%s at %s: %s', (expression, time, matches) => {
    const schedule = parseSchedule(expression);
    expect(schedule.kind === 'cron' && schedule.matches(new Date(time))).toBe(matches);
  });

  it.each(['rate(0 minutes)', 'every minute', 'cron(* * * * *)', 'cron(0 0 L * ? *)', 'cron(61 * * * ? *)'])(
    'refuses %s',
    (expression) => {
      expect(() => parseSchedule(expression)).toThrow(/allowed values are/);
    },
  );
});

describe('the event bus', () => {
  afterEach(() => mock.timers.reset());

  function givenBus(firesByClock?: boolean) {
    const delivered: unknown[] = [];
    const bus = new EventBus({
      region: 'us-east-1',
      accountId: '000000000000',
      ...(firesByClock === undefined ? {} : { firesByClock }),
      onFault: (error) => delivered.push(error),
    });
    const target = { deliver: (event: unknown) => void delivered.push(event) };
    return { bus, delivered, target };
  }

  it('delivers an event, in its envelope, to the rules that match', async () => {
    const { bus, delivered, target } = givenBus();
    bus.addRule({
      name: 'ended',
      arn: 'arn:ended',
      pattern: { detail: { state: ['terminated'] } },
      targets: [target],
    });
    await bus.putEvent(terminated);
    await bus.putEvent({ ...terminated, detail: { state: 'running' } });
    expect(delivered).toEqual([
      expect.objectContaining({ ...terminated, account: '000000000000', version: '0' }),
    ]);
    bus.close();
  });

  it("fires a schedule by name, with the rule's input", async () => {
    const { bus, delivered, target } = givenBus();
    const targets = [{ ...target, input: '{"sweep":true}' }];
    bus.addRule({ name: 'sweep', arn: 'arn:sweep', schedule: 'rate(1 minute)', targets });
    await bus.fireSchedule('sweep');
    expect(delivered).toEqual([{ sweep: true }]);
    await expect(bus.fireSchedule('other')).rejects.toThrow('there are sweep');
    bus.close();
  });

  it('fires a schedule twice with the same event while delivery is disturbed, and loses none', async () => {
    const { bus, delivered, target } = givenBus();
    bus.addRule({ name: 'sweep', arn: 'arn:sweep', schedule: 'rate(1 minute)', targets: [target] });
    const never = { delayProbability: 0, delayMilliseconds: 0 };
    bus.disturb({ ...never, loseProbability: 1, duplicateProbability: 1 });
    await bus.fireSchedule('sweep');
    expect(delivered).toHaveLength(2);
    expect(delivered[1]).toEqual(delivered[0]);
    bus.close();
  });

  it('has fired a schedule when its targets are done', async () => {
    const { bus, delivered } = givenBus();
    const deliver = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      delivered.push('done');
    };
    bus.addRule({ name: 'sweep', arn: 'arn:sweep', schedule: 'rate(1 minute)', targets: [{ deliver }] });
    await bus.fireSchedule('sweep');
    expect(delivered).toEqual(['done']);
    bus.close();
  });

  it.each([
    [undefined, 1],
    [false, 0],
  ])('fires schedules by the clock, unless this is turned off (%s)', (firesByClock, fired) => {
    mock.timers.enable({ apis: ['setInterval', 'Date'] });
    const { bus, delivered, target } = givenBus(firesByClock);
    bus.addRule({ name: 'sweep', arn: 'arn:sweep', schedule: 'rate(1 minute)', targets: [target] });
    mock.timers.tick(60_000);
    expect(delivered).toHaveLength(fired);
    bus.close();
  });

  it('reports a failing target, and still serves the next one', async () => {
    const { bus, delivered, target } = givenBus();
    const failing = {
      deliver: () => {
        throw new Error('full');
      },
    };
    bus.addRule({
      name: 'both',
      arn: 'arn:both',
      pattern: { source: ['aws.ec2'] },
      targets: [failing, target],
    });
    await bus.putEvent(terminated);
    expect(delivered).toEqual([
      expect.objectContaining({ message: 'full' }),
      expect.objectContaining(terminated),
    ]);
    bus.close();
  });
});
