/**
 * Comma-separated values as they stream in, row by row: a value may be in quotes, and then hold commas, line ends and doubled quotes
 * (RFC 4180). Only one row is in memory.
 */

/** AWS's rows are a few hundred characters long; one that does not end is no such file. */
const mostCharacters = 1_000_000;

/** @throws Error where a quoted value does not end */
export async function* csvRows(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let row: string[] = [];
  let cell = '';
  /** quote: a quote in a quoted value, which ends it unless another one follows. */
  let state = 'plain' as 'plain' | 'quoted' | 'quote';
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const character = chunk[at];
      if (state === 'quoted') {
        if (character !== '"') continue;
        cell += chunk.slice(from, at);
        state = 'quote';
        from = at + 1;
      } else if (character === '"') {
        if (state === 'quote') cell += '"';
        state = 'quoted';
        from = at + 1;
      } else if (character === ',' || character === '\n') {
        const plain = cell + chunk.slice(from, at);
        row.push(state === 'quote' ? cell : character === '\n' ? withoutReturn(plain) : plain);
        cell = '';
        state = 'plain';
        from = at + 1;
        if (character === ',') continue;
        yield row;
        row = [];
      } else if (state === 'quote') {
        // What follows a quoted value before the comma is a carriage return.
        from = at + 1;
      }
    }
    if (state !== 'quote') cell += chunk.slice(from);
    if (cell.length > mostCharacters) throw new Error(`A value has more than ${mostCharacters} characters.`);
  }
  if (state === 'quoted') throw new Error('The last value has no end.');
  if (cell === '' && row.length === 0 && state !== 'quote') return;
  yield [...row, state === 'quote' ? cell : withoutReturn(cell)];
}

const withoutReturn = (cell: string) => (cell.endsWith('\r') ? cell.slice(0, -1) : cell);
