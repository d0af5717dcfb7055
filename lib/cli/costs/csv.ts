/** Cells of comma-separated values. */
import { stripVTControlCharacters } from 'node:util';

/**
 * Quoted, and never a formula: a spreadsheet would evaluate it. Source:
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvText(text: string): string {
  const plain = stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' ');
  const safe = /^[=+\-@]/.test(plain) ? `'${plain}` : plain;
  return `"${safe.replaceAll('"', '""')}"`;
}
