import { describe, expect, it } from '@jest/globals';
import { durationText, timeBetween } from '../../lib/core/duration-text.ts';

describe('a duration', () => {
  it.each([
    [-5, '0 s'],
    [0.4, '0 s'],
    [119.4, '119 s'],
    [120, '2 min'],
    [7199, '120 min'],
    [7200, '2 h'],
    [172_799, '48 h'],
    [172_800, '2 days'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it('is what lies between two times', () => {
    expect(timeBetween(1_000, 61_000)).toBe('60 s');
  });
});
