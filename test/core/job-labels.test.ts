import { describe, expect, it } from '@jest/globals';
import { keptLabels } from '../../lib/core/job-labels.ts';

describe('the labels of a job that are kept', () => {
  it('are each one once if a tier has them, as they were written first', () => {
    expect(keptLabels(['Self-Hosted', 'small', 'self-hosted', 'SMALL'], true)).toEqual([
      'Self-Hosted',
      'small',
    ]);
  });

  it.each([
    [19, 19, undefined],
    [20, 20, undefined],
    [21, 21, 'and 1 more'],
    [300, 21, 'and 280 more'],
  ])('are twenty of %i at most where none has them', (count, kept, last) => {
    const shown = keptLabels(
      Array.from({ length: count }, (_, n) => `label-${n}`),
      false,
    );
    expect(shown).toHaveLength(kept);
    expect(shown.at(-1)).toBe(last ?? `label-${count - 1}`);
  });

  it('are short', () => {
    expect(keptLabels(['x'.repeat(300)], false)[0]!.length).toBeLessThanOrEqual(100);
  });
});
