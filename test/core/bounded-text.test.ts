import { describe, expect, it } from '@jest/globals';
import { boundedText, isRepositoryName } from '../../lib/core/bounded-text.ts';
import { anyCharacter, fc } from '../support/properties.ts';

describe('boundedText', () => {
  it.each([
    { case: 'leaves what is fit', given: 'ünïcödé 🐛', kept: 'ünïcödé 🐛' },
    { case: 'cuts what is too long', given: 'x'.repeat(11), kept: `${'x'.repeat(9)}…` },
    { case: 'replaces a lone surrogate', given: 'a\ud800b', kept: 'a\ufffdb' },
    { case: 'cuts no character in half', given: '12345678🐛🐛', kept: '12345678\ufffd…' },
    { case: 'replaces control characters', given: 'a\u0000\u001b\u0085', kept: 'a\ufffd\ufffd\ufffd' },
    { case: 'replaces code points that are no characters', given: '\ufffe\uffff', kept: '\ufffd\ufffd' },
  ])('$case', ({ given, kept }) => {
    expect(boundedText(given, 10)).toBe(kept);
  });

  it('is never longer than allowed, well-formed, and what SQS takes', () => {
    const allowed = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (text, most) => {
          const kept = boundedText(text, most);
          expect(kept.length).toBeLessThanOrEqual(most);
          expect(kept.isWellFormed()).toBe(true);
          expect(kept).toMatch(allowed);
        },
      ),
    );
  });
});

describe('isRepositoryName', () => {
  it.each([
    ['acme/app', true],
    ['acme-inc_corp/.github', true],
    [`${'a'.repeat(100)}/${'b'.repeat(100)}`, true],
    [`acme/${'b'.repeat(101)}`, false],
    ['acme/app\ud800', false],
    ['acme/..', false],
    ['../app', false],
    ['acme/app/x', false],
    ['acme', false],
    ['', false],
    [7, false],
  ])('of %j is %s', (name, is) => {
    expect(isRepositoryName(name)).toBe(is);
  });
});
