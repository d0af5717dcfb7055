import { describe, expect, it } from '@jest/globals';
import type { StoredToken } from '../../../lib/core/controllers/token.ts';
import {
  addToken,
  isAlive,
  isConnected,
  isUseToNote,
  revokeToken,
  rotateToken,
} from '../../../lib/core/controllers/token-rules.ts';
import { InstallationId } from '../../../lib/core/ids.ts';

const now = Date.UTC(2026, 0, 1);
const given = (id: string, changes: Partial<StoredToken> = {}): StoredToken => ({
  owner: InstallationId(7),
  controllerId: 'ctl_a',
  id,
  digest: `digest of ${id}`,
  description: '',
  createdAt: new Date(now).toISOString(),
  ...changes,
});
const five = ['1', '2', '3', '4', '5'].map((id) => given(id));

describe('adding a token', () => {
  it('is refused with five valid ones, but not with five of another controller or of administrators', () => {
    expect(addToken(five, given('6'), now)).toEqual({ fault: 'too-many' });
    const other = given('6', { controllerId: 'ctl_b' });
    expect(addToken(five, other, now)).toEqual({ put: [other], remove: [] });
    const { controllerId: _, ...administrator } = given('6');
    expect(addToken(five, administrator, now)).toEqual({ put: [administrator], remove: [] });
  });

  it('takes the place of one whose overlap is over', () => {
    const [first, ...others] = five;
    const tokens = [{ ...first!, endsAt: now }, ...others];
    expect(addToken(tokens, given('6'), now)).toEqual({ put: [given('6')], remove: ['1'] });
  });
});

describe('rotating a token', () => {
  const rotation = (overlapSeconds: number, id = '1') => ({ id, made: given('6'), overlapSeconds });

  it('leaves the old one working for the overlap, and then no longer', () => {
    const change = rotateToken([given('1')], rotation(60), now);
    expect(change).toEqual({ put: [given('6'), given('1', { endsAt: now + 60_000 })], remove: [] });
    const old = given('1', { endsAt: now + 60_000 });
    expect([isAlive(old, now), isAlive(old, now + 59_999), isAlive(old, now + 60_000)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('revokes and creates at once without an overlap, also where there are five', () => {
    expect(rotateToken(five, rotation(0), now)).toEqual({ put: [given('6')], remove: ['1'] });
    expect(rotateToken(five, rotation(60), now)).toEqual({ fault: 'too-many' });
  });

  it.each([-1, 86_401, 0.5, Number.NaN])('is refused with an overlap of %s seconds', (overlap) => {
    expect(rotateToken(five, rotation(overlap), now)).toEqual({ fault: 'overlap' });
  });

  it('is refused for one that is being rotated, has ended, or is unknown', () => {
    const rotated = given('1', { endsAt: now + 1 });
    expect(rotateToken([rotated], rotation(0), now)).toEqual({ fault: 'rotated-already' });
    expect(rotateToken([rotated], rotation(0), now + 1)).toEqual({ fault: 'unknown' });
    expect(rotateToken([given('1', { controllerId: 'ctl_b' })], rotation(0), now)).toEqual({
      fault: 'unknown',
    });
  });
});

describe('revoking a token', () => {
  it('ends it at once, also within its overlap', () => {
    const tokens = [given('1', { endsAt: now + 1 }), given('2')];
    expect(revokeToken(tokens, { id: '1', controllerId: 'ctl_a' }, now)).toEqual({ put: [], remove: ['1'] });
    expect(revokeToken(tokens, { id: '1', controllerId: 'ctl_b' }, now)).toEqual({ fault: 'unknown' });
  });
});

describe('the use of a token', () => {
  it('is recorded once a minute, and makes its controller connected for an hour', () => {
    const at = new Date(now).toISOString();
    const used = given('1', { lastUsedAt: at });
    expect([given('1'), used].map((token) => isUseToNote(token, now + 59_999))).toEqual([true, false]);
    expect(isUseToNote(used, now + 60_000)).toBe(true);
    expect([3_599_999, 3_600_000].map((later) => isConnected([used], 'ctl_a', now + later))).toEqual([
      true,
      false,
    ]);
    expect(isConnected([used], 'ctl_b', now)).toBe(false);
  });
});
