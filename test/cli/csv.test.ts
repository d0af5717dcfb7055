import { describe, expect, it } from '@jest/globals';
import { csvText } from '../../lib/cli/costs/csv.ts';

describe('a cell of a spreadsheet', () => {
  it.each([
    ['at its start', '=1+1', `"'=1+1"`],
    ['after a tab and a line break', '\t\r\n@SUM(1)', `"   '@SUM(1)"`],
    ['after spaces and an invisible character', ' \u200b-1', `" \u200b'-1"`],
    ['with a full-width sign', '＝1+1', `"'＝1+1"`],
    ['in a cell that a semicolon begins', 'deploy; =1+1', `"deploy; '=1+1"`],
    ['in a cell that a quote and a semicolon begin', 'x";+1', `"x"";'+1"`],
  ])('holds no formula %s', (_, text, cell) => {
    expect(csvText(text)).toBe(cell);
  });

  it.each(['acme/app', 'build = test', 'a-b; c', 'semi;colon'])('keeps %j', (text) => {
    expect(csvText(text)).toBe(`"${text}"`);
  });
});
