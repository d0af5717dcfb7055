import { describe, expect, it } from '@jest/globals';
import { simulateCap } from './cap-load.ts';

const rates = { takingsPerSecond: 200, freeingsPerSecond: 200, seconds: 3 };

describe('a cap over all tenants under load', () => {
  it('spreads 200 takes and 200 frees a second over its rows, and stays within 100,000', () => {
    const cap = { name: 'cell', machines: 100_000 };
    const seen = simulateCap({ ...rates, cap, held: 99_990 });
    expect(seen.throttled).toBe(0);
    expect(seen.busiestWrites).toBeLessThan(200);
    expect(seen.mostHeld).toBeLessThanOrEqual(100_000);
    expect(seen.mostHeld).toBeGreaterThan(99_990);
    expect(seen.taken).toBeGreaterThan(400);
  });

  it('is throttled if one row gets more than a key can take, and the throttling is counted', () => {
    const cap = { name: 'cell', machines: 900 };
    const hurried = { takingsPerSecond: 600, freeingsPerSecond: 600, seconds: 3 };
    const seen = simulateCap({ ...hurried, cap, held: 400 });
    expect(seen.throttled).toBeGreaterThan(0);
    expect(seen.busiestWrites).toBeGreaterThan(1_000);
    expect(seen.mostHeld).toBeLessThanOrEqual(900);
  });
});
