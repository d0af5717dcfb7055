import { describe, expect, it } from '@jest/globals';
import { simulateCap } from './cap-load.ts';

const rates = { takingsPerSecond: 200, freeingsPerSecond: 200, seconds: 3 };

describe('a cap over all tenants under load', () => {
  it('spreads 200 takings and 200 freeings a second over its rows, and keeps to 100,000', () => {
    const cap = { name: 'cell', machines: 100_000 };
    const seen = simulateCap({ ...rates, cap, held: 99_990 });
    expect(seen.throttled).toBe(0);
    expect(seen.busiestWrites).toBeLessThan(200);
    expect(seen.mostHeld).toBeLessThanOrEqual(100_000);
    expect(seen.mostHeld).toBeGreaterThan(99_990);
    expect(seen.taken).toBeGreaterThan(400);
  });

  it('is throttled where one row has to take what is more than a key takes, and counts it', () => {
    const cap = { name: 'cell', machines: 900 };
    const hurried = { takingsPerSecond: 600, freeingsPerSecond: 600, seconds: 3 };
    const seen = simulateCap({ ...hurried, cap, held: 400 });
    expect(seen.throttled).toBeGreaterThan(0);
    expect(seen.busiestWrites).toBeGreaterThan(1_000);
    expect(seen.mostHeld).toBeLessThanOrEqual(900);
  });
});
