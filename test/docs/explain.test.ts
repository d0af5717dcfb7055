/** docs/EXPLAIN.md shows what `mayfly explain` really prints, and names every verdict that there is. */
import { describe, expect, it } from '@jest/globals';
import { explainJob } from '../../lib/app/insight/explain-job.ts';
import { explanationText } from '../../lib/cli/insight/explanation-text.ts';
import { explainedFacts } from '../support/explained-facts.ts';
import { situations } from '../support/situations.ts';
import { markedBlocks, markedRows } from './markdown.ts';

const page = 'docs/EXPLAIN.md';

describe(page, () => {
  it.each([
    ['explain-limit', 'waits for a machine of its tenant'],
    ['explain-lost', 'rests after its machines came to nothing'],
    ['explain-labels', 'misspells a label'],
  ])('shows as %s what is printed of a job that %s', async (mark, name) => {
    const { facts } = await explainedFacts(situations[name]!);
    expect(markedBlocks(page, mark)).toEqual([explanationText(facts, explainJob(facts))]);
  });

  it('explains every verdict that is no reason, and no other', () => {
    const reasons = new Set(markedRows('docs/CONFIGURATION.md', 'reasons').map(([code]) => code));
    const verdicts = new Set(Object.values(situations).map(({ code }) => code));
    const own = [...verdicts].filter((code) => !reasons.has(code));
    expect(
      markedRows(page, 'verdicts')
        .map(([code]) => code)
        .toSorted(),
    ).toEqual(own.toSorted());
  });
});
