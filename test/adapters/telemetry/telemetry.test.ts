/** Each event and each count is one line of JSON, whatever it holds, and no secret gets into it. */
import { describe, expect, it } from '@jest/globals';
import { createMemoryClock } from '../../../lib/adapters/memory/clock.ts';
import { createTelemetry } from '../../../lib/adapters/telemetry/telemetry.ts';

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

  it('hides what is named like a secret, and shows errors and sets', () => {
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

  it('is told even when its fields cannot be', () => {
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

describe('a count', () => {
  it('is a metric in the embedded format, by environment and its own dimensions', () => {
    const { telemetry, only } = givenTelemetry();
    telemetry.count('Launches', { tier: 'small' }, 3);
    expect(only()).toEqual({
      _aws: {
        Timestamp: Date.UTC(2026, 0, 1),
        CloudWatchMetrics: [
          {
            Namespace: 'Mayfly',
            Dimensions: [['environment', 'tier']],
            Metrics: [{ Name: 'Launches', Unit: 'Count' }],
          },
        ],
      },
      environment: 'dev',
      tier: 'small',
      Launches: 3,
    });
  });
});
