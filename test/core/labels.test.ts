/** A job's labels pick the smallest tier that has them all, whatever their order or case. */
import { describe, expect, it } from '@jest/globals';
import { TierName } from '../../lib/core/ids.ts';
import { isSelfHosted, tierFor } from '../../lib/core/labels.ts';
import type { Tier } from '../../lib/core/tier.ts';
import { givenTier } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const tier = (name: string, ...labels: string[]): Tier => givenTier({ name: TierName(name), labels });
const tiers = [
  tier('small', 'self-hosted', 'linux', 'x64', 'small'),
  tier('medium', 'self-hosted', 'linux', 'x64', 'medium'),
  tier('arm', 'Self-Hosted', 'Linux', 'ARM64', 'small'),
];
const someLabels = fc.array(
  fc.constantFrom('self-hosted', 'linux', 'x64', 'arm64', 'small', 'medium', 'gpu'),
);
const lower = (labels: readonly string[]) => labels.map((label) => label.toLowerCase());

describe('the tier for a job', () => {
  it.each([
    { labels: ['self-hosted'], expected: 'small' },
    { labels: ['self-hosted', 'medium'], expected: 'medium' },
    { labels: ['SELF-HOSTED', 'Linux', 'MEDIUM'], expected: 'medium' },
    { labels: ['arm64', 'small'], expected: 'arm' },
    { labels: ['self-hosted', 'small', 'medium'], expected: undefined },
    { labels: ['self-hosted', 'gpu'], expected: undefined },
    { labels: ['ubuntu-latest'], expected: undefined },
    { labels: [], expected: undefined },
  ])('of $labels is $expected', ({ labels, expected }) => {
    expect(tierFor(labels, tiers)?.name).toBe(expected);
  });

  it('has every label of the job, and no smaller tier has them all', () => {
    fc.assert(
      fc.property(someLabels, (labels) => {
        const found = tierFor(labels, tiers);
        const having = tiers.filter((one) => labels.every((label) => lower(one.labels).includes(label)));
        expect(found).toBe(labels.length === 0 ? undefined : having[0]);
      }),
    );
  });

  it('does not depend on the order, the case or the repetition of labels', () => {
    fc.assert(
      fc.property(someLabels, (labels) => {
        const changed = [...labels, ...labels].reverse().map((label) => label.toUpperCase());
        expect(tierFor(changed, tiers)).toBe(tierFor(labels, tiers));
      }),
    );
  });
});

describe('self-hosted', () => {
  it.each([
    [['Self-Hosted', 'gpu'], true],
    [['ubuntu-latest'], false],
    [['not-self-hosted'], false],
    [[], false],
  ])('%j: %s', (labels, expected) => {
    expect(isSelfHosted(labels)).toBe(expected);
  });
});
