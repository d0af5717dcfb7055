/** Cells of comma-separated values. */
import { stripVTControlCharacters } from 'node:util';

/**
 * Where a spreadsheet could see a formula: at the start of a cell, also after spaces and invisible characters, and after a
 * semicolon, which separates cells where the comma is the decimal mark. Full-width signs count as signs too.
 */
const formulaStart = /(^|;)([\s\p{Cf}]*)(?=[=+\-@＝＋－＠])/gu;

/**
 * Quoted, and never a formula: a spreadsheet would evaluate it. Source:
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvText(text: string): string {
  const plain = stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' ');
  return `"${plain.replaceAll(formulaStart, "$1$2'").replaceAll('"', '""')}"`;
}
