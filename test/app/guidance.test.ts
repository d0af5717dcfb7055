/** What follows from a reason's code, where the code alone does not say it. */
import { describe, expect, it } from '@jest/globals';
import { guidanceOf } from '../../lib/app/insight/guidance.ts';
import { type ReasonCode, storedCode } from '../../lib/core/reason.ts';

const about = { tenant: 'acme', tier: 'small' };

describe('the guidance for a reason', () => {
  it.each(['controller-rejected', 'controller-unavailable'] as const)(
    'addresses the owner of the controller: %s',
    (code) => {
      expect(guidanceOf(code, about).who).toBe('owner');
      expect(guidanceOf(code, { ...about, ofPlatform: true })).toMatchObject({
        who: 'operator',
        fix: expect.stringContaining('npx mayfly controllers decisions acme'),
      });
    },
  );

  it('is the same for a code that an older version stored under another name', () => {
    const code = storedCode('runner-stolen');
    expect(guidanceOf(code, about)).toEqual(guidanceOf('runner-taken-by-unknown-job', about));
    expect(storedCode('constructor')).toBe('constructor');
  });

  it('asks for a newer CLI if this one does not know the code', () => {
    expect(guidanceOf('from-the-future' as ReasonCode, about)).toEqual({
      who: 'operator',
      next: 'This version does not know the code.',
      fix: 'Update the CLI.',
    });
  });
});
