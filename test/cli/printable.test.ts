import { describe, expect, it } from '@jest/globals';
import { printableLine, printableText } from '../../lib/cli/printable.ts';
import { anyCharacter, fc } from '../support/properties.ts';

describe('untrusted text for a terminal', () => {
  it('loses its escape sequences and keeps its words', () => {
    expect(printableLine('a\x1b[31mred\x1b[0m\nb')).toBe('ared b');
    expect(printableText('one\r\ntwo\x07\n\n')).toBe('one\ntwo\n');
  });

  it('never contains anything that a terminal interprets', () => {
    const anything = fc.string({ unit: anyCharacter, maxLength: 40 });
    fc.assert(
      fc.property(anything, (text) => {
        expect(printableLine(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(printableText(text).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
