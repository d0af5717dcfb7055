/**
 * Sanitizes untrusted text for a terminal. Machine output, messages and account names may contain escape sequences
 * that move the cursor, change the title, or rewrite lines above. None of them reaches the operator's terminal.
 */
import { stripVTControlCharacters } from 'node:util';

/**
 * Control and format characters: C0, C1, bidirectional overrides, zero-width characters, and all separators but the
 * space.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One line: anything that would break or recolour it becomes a space. */
export const printableLine = (text: string): string =>
  stripVTControlCharacters(text).replace(unprintable, ' ');

/** Several lines, with one line break at the end. */
export function printableText(text: string): string {
  const lines = stripVTControlCharacters(text).replaceAll('\r', '').split('\n').map(printableLine);
  return `${lines.join('\n').trimEnd()}\n`;
}
