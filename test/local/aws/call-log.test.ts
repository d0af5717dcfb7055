import { describe, expect, it } from '@jest/globals';
import { CallLog } from '../../../lib/local/aws/call-log.ts';
import type { CallRecord } from '../../../lib/local/aws/service.ts';

const record = (changes: Partial<CallRecord> = {}): CallRecord => ({
  at: 0,
  caller: 'dev-scale-up',
  service: 'dynamodb',
  action: 'PutItem',
  questions: [],
  outcome: 'allowed',
  status: 200,
  ...changes,
});

describe('CallLog', () => {
  it('keeps only the latest calls, and counts all of them', () => {
    const log = new CallLog();
    for (let at = 0; at < 10_000; at += 1) log.add(record({ at, writeUnits: 2 }));
    expect(log.recent()).toHaveLength(2000);
    expect(log.recent(1)[0]?.at).toBe(9999);
    expect(log.recent(0)).toEqual([]);
    expect(log.counts()).toMatchObject([{ calls: 10_000, writeUnits: 20_000, readUnits: 0 }]);
  });

  it('counts separately by caller, service and action', () => {
    const log = new CallLog();
    log.add(record());
    log.add(record({ caller: 'dev-claim', outcome: 'denied', status: 403 }));
    log.add(record({ action: 'GetItem', status: 500, readUnits: 0.5 }));
    expect(log.counts().map(({ calls, denied, failed }) => [calls, denied, failed])).toEqual([
      [1, 0, 0],
      [1, 1, 1],
      [1, 0, 1],
    ]);
    log.reset();
    expect([log.counts(), log.recent()]).toEqual([[], []]);
  });
});
