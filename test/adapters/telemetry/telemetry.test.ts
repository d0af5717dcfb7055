/** Each event and each count is one line of JSON, whatever it contains, and no secret appears in it. */
import { describe, expect, it } from '@jest/globals';
import { createTelemetry } from '../../../lib/adapters/telemetry/telemetry.ts';
import { createMemoryClock } from '../../fakes/clock.ts';

function givenTelemetry() {
  const lines: string[] = [];
  const clock = createMemoryClock(Date.UTC(2026, 0, 1));
  const telemetry = createTelemetry({ environment: 'dev', clock, write: (line) => void lines.push(line) });
  const only = () => {
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
    return JSON.parse(lines[0] as string) as Record<string, unknown>;
  };
  return { telemetry, only };
}

describe('an event', () => {
  it('is a line with its level, name, time and fields', () => {
    const { telemetry, only } = givenTelemetry();
    telemetry.event('warn', 'launch', { launchId: 'l1', text: 'two\nlines' });
    expect(only()).toEqual({
      level: 'warn',
      event: 'launch',
      at: '2026-01-01T00:00:00.000Z',
      environment: 'dev',
      launchId: 'l1',
      text: 'two\nlines',
    });
  });

  it('hides fields that are named like secrets, and shows errors and sets', () => {
    const { telemetry, only } = givenTelemetry();
    const error = new TypeError('broken', { cause: new Error('why') });
    const nested = { jitConfig: 'abc', privateKey: 'pem' };
    telemetry.event('error', 'x', { webhookSecret: 's', nested, error, set: new Set([1]), big: 1n });
    expect(only()).toMatchObject({
      webhookSecret: '(hidden)',
      nested: { jitConfig: '(hidden)', privateKey: '(hidden)' },
      error: { kind: 'TypeError', message: 'broken', cause: { message: 'why' } },
      set: [1],
      big: '1',
    });
  });

  it('is written even if its fields cannot be serialized', () => {
    const { telemetry, only } = givenTelemetry();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    telemetry.event('error', 'x', { circular });
    expect(only()).toMatchObject({
      level: 'error',
      event: 'x',
      unloggable: expect.stringContaining('circular'),
    });
  });
});

const directive = (metric: string, sets: string[][]) => ({
  Namespace: 'Mayfly',
  Dimensions: sets,
  Metrics: [{ Name: metric }],
});

describe('a count', () => {
  it('is a metric in the embedded format, under each of its sets of dimensions', () => {
    const { telemetry, only } = givenTelemetry();
    telemetry.count('WebhooksRefused', { reason: 'unsigned' }, 3);
    expect(only()).toEqual({
      environment: 'dev',
      reason: 'unsigned',
      WebhooksRefused: 3,
      _aws: {
        Timestamp: Date.UTC(2026, 0, 1),
        CloudWatchMetrics: [directive('WebhooksRefused', [['environment'], ['environment', 'reason']])],
      },
    });
  });
});

describe('an event with metrics', () => {
  it('is still one line, whose fields are their dimensions', () => {
    const { telemetry, only } = givenTelemetry();
    const measured = { QueuedToStartedMilliseconds: 900, JobsDone: 1 };
    telemetry.event('info', 'x', { tier: 'small', outcome: 'completed', jobId: 7 }, measured);
    expect(only()).toMatchObject({
      event: 'x',
      jobId: 7,
      ...measured,
      _aws: {
        CloudWatchMetrics: [
          directive('QueuedToStartedMilliseconds', [['environment'], ['environment', 'tier']]),
          directive('JobsDone', [['environment', 'tier', 'outcome']]),
        ],
      },
    });
  });

  it('names each set of dimensions once, and leaves out missing measurements', () => {
    const { telemetry, only } = givenTelemetry();
    const measured = { LeasedToClaimedMilliseconds: [], JobsWaiting: [2, 3], LeasesInUse: 1 };
    telemetry.event('info', 'x', { tier: 'small' }, measured);
    const { LeasedToClaimedMilliseconds, _aws: aws } = only();
    expect(LeasedToClaimedMilliseconds).toBeUndefined();
    expect((aws as Record<string, unknown>)['CloudWatchMetrics']).toEqual([
      {
        ...directive('JobsWaiting', [['environment', 'tier']]),
        Metrics: ['JobsWaiting', 'LeasesInUse'].map((Name) => ({ Name })),
      },
    ]);
  });
});

describe('an event that is not in the catalogue', () => {
  it('does not compile', () => {
    const { telemetry } = givenTelemetry();
    const wrong = [
      // @ts-expect-error no such metric
      () => telemetry.count('Jobs'),
      // @ts-expect-error its dimension is missing
      () => telemetry.count('JobsAccepted'),
      // @ts-expect-error a tenant is no dimension
      () => telemetry.count('JobsAccepted', { tier: 'small', installationId: '1' }),
      // @ts-expect-error an event without the dimension of its metric
      () => telemetry.event('info', 'x', { jobId: 1 }, { JobsDone: 1 }),
    ];
    expect(wrong).toHaveLength(4);
  });
});
