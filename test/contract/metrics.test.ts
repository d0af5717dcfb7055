/** The catalogue of metrics against what the use cases emit: nothing is listed that nobody says, and no label is a tenant's. */
import { describe, expect, it } from '@jest/globals';
import { functionNames } from '../../lib/contract/functions.ts';
import { metrics } from '../../lib/contract/metrics.ts';
import { emittedMetrics, ordinaryLife } from '../support/lives.ts';
import { nonEmpty } from '../support/non-empty.ts';

const emitted = await emittedMetrics();

describe('the catalogue of metrics', () => {
  it('has every metric that the use cases emit, and no other', () => {
    expect([...emitted.keys()].sort()).toEqual(Object.keys(metrics).sort());
  });

  it('names functions that there are', () => {
    const names = new Set(Object.values(metrics).flatMap(({ by }) => by));
    expect(functionNames).toEqual(expect.arrayContaining([...names]));
  });

  it.each(Object.keys(metrics))('gives %s the unit that its name says', (name) => {
    const said = /(Milliseconds|Seconds)$/.exec(name)?.[0] ?? 'Count';
    expect(metrics[name as keyof typeof metrics].unit).toBe(said);
  });

  it('never has a tenant, a job or a machine for a label', () => {
    const labels = [...emitted.values()].flat().flatMap(({ dimensions }) => Object.entries(dimensions));
    const ids = labels.filter(([name, value]) => /id$/i.test(name) || /^(\d+|i-.+|acme.*)$/.test(value));
    expect(labels.length).toBeGreaterThan(30);
    expect(ids).toEqual([]);
  });

  it('has a value for every dimension, and no negative figure', () => {
    for (const { dimensions, values } of nonEmpty([...emitted.values()].flat())) {
      expect(Object.values(dimensions)).not.toContain('undefined');
      expect(nonEmpty(values).every((value) => value >= 0)).toBe(true);
    }
  });
});

describe('the phases of an ordinary job', () => {
  it.each([
    ['ReceivedToAcceptedMilliseconds', 0],
    ['LeasedToAskedMilliseconds', 0],
    ['LeasedToClaimedMilliseconds', 30_000],
    ['UpToScriptMilliseconds', 22_000],
    ['ScriptToPreparedMilliseconds', 7_000],
    ['PreparedToClaimedMilliseconds', 900],
    ['ClaimedToMintedMilliseconds', 0],
    ['ClaimedToListeningMilliseconds', 1_000],
    ['ListeningToStartedMilliseconds', 2_000],
    ['QueuedToStartedMilliseconds', 33_000],
  ])('%s is %d in its tier', (name, milliseconds) => {
    const counts = emitted.get(name) ?? [];
    expect(counts).toContainEqual({
      metric: name,
      dimensions: { tier: 'small' },
      values: [milliseconds],
    });
  });
});

describe('the log of an ordinary job', () => {
  it('is at most eight lines, each of which names its tenant, job, machine or launch', async () => {
    const { events, counts } = await ordinaryLife();
    const about = events.filter(({ name }) => !['census', 'swept'].includes(name));
    expect(about.length).toBeLessThanOrEqual(8);
    for (const { fields } of nonEmpty(about)) {
      expect(fields['installationId']).toBe(101);
      expect(fields['jobId'] ?? fields['jobIds'] ?? fields['instanceId']).toBeDefined();
    }
    expect(counts.length).toBeGreaterThan(2 * about.length);
  });
});
