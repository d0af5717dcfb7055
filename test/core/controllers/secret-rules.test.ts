import { describe, expect, it } from '@jest/globals';
import { isSigning, rotateSecret } from '../../../lib/core/controllers/secret-rules.ts';

const now = Date.UTC(2026, 0, 1);
const given = (id: string, endsAt?: number) => ({
  id,
  value: `whsec_${id}`,
  createdAt: new Date(now).toISOString(),
  ...(endsAt === undefined ? {} : { endsAt }),
});
const rotate = (secrets: readonly ReturnType<typeof given>[], overlapSeconds: number) =>
  rotateSecret(secrets, { made: given('new'), overlapSeconds }, now);

describe('rotating the secret of callbacks', () => {
  it('makes the first', () => {
    expect(rotate([], 0)).toEqual([given('new')]);
    expect(rotate([], 60)).toEqual([given('new')]);
  });

  it('leaves the one before signing for the overlap, and then no longer', () => {
    const old = given('old', now + 60_000);
    expect(rotate([given('old')], 60)).toEqual([old, given('new')]);
    expect([isSigning(old, now + 59_999), isSigning(old, now + 60_000)]).toEqual([true, false]);
  });

  it('ends all others at once without an overlap', () => {
    expect(rotate([given('older', now + 1), given('old')], 0)).toEqual([given('new')]);
  });

  it('is refused while there are two, and forgets one that has ended', () => {
    expect(rotate([given('older', now + 1), given('old')], 60)).toEqual({ fault: 'rotated-already' });
    expect(rotate([given('older', now), given('old')], 60)).toEqual([
      given('old', now + 60_000),
      given('new'),
    ]);
  });

  it.each([-1, 86_401, 1.5])('is refused with an overlap of %s seconds', (overlap) => {
    expect(rotate([given('old')], overlap)).toEqual({ fault: 'overlap' });
  });
});
