/** Jobs in rows that earlier versions wrote. */
import { describe, expect, it } from '@jest/globals';
import { jobOfRow, jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { type ReasonCode, reason } from '../../../lib/core/reason.ts';
import { givenJob } from '../../support/given.ts';

describe('the row of a job', () => {
  it.each([
    ['runner-stolen', 'runner-taken-by-unknown-job'],
    ['capacity', 'capacity'],
    ['from-the-future', 'from-the-future'],
  ])('with the reason %s has it read as %s', (stored, code) => {
    const row = jobRow(givenJob({ reason: reason(stored as ReasonCode, 'Why.') }));
    expect(jobOfRow(row).reason).toEqual({ code, text: 'Why.' });
  });
});
