/**
 * The shared notes in DynamoDB: a small table of its own, so that hot notes never slow down jobs and machines. DynamoDB
 * deletes expired rows within days; until then reads skip them. A row that a manual edit broke counts as absent for reads
 * and for writes: the next write replaces it.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OperationalError } from '../../ports/errors.ts';
import type { Note, Notes, NoteValue } from '../../ports/notes.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { type Attributes, number, Row, text } from './attributes.ts';
import { readTogether } from './read-together.ts';
import { readableRows } from './readable-rows.ts';
import { updateRow } from './write.ts';

const put = 'SET #value = :value, #valid_until = :valid_until, #expires_at = :expires_at';

/** As reads see it. An attribute that is not there has no type. */
const isThere = 'attribute_type(#version, :number) AND attribute_type(#value, :text) AND #valid_until > :now';
const types = { ':number': text('N'), ':text': text('S') };

export function createNoteStore(deps: { client: DynamoDBClient; tableName: string }): Notes {
  const { client, tableName } = deps;
  const update = (name: string, note: WrittenNote, how: When & { readonly update: string }) =>
    updateRow(client, {
      tableName,
      key: { name: text(name) },
      update: `${put}, ${how.update}`,
      condition: how.condition,
      values: { ...noteValues(note), ':number': text('N'), ...how.values },
    });
  /** Every write increases the version, so that a writer knows whether it read the latest. */
  const write = async (name: string, note: WrittenNote, when?: When) => {
    const and = when ? ` AND (${when.condition})` : '';
    const { met, row } = await update(name, note, {
      update: '#version = if_not_exists(#version, :none) + :one',
      condition: `(attribute_not_exists(#version) OR attribute_type(#version, :number))${and}`,
      values: { ...when?.values, ':none': number(0) },
    });
    const version = row?.['version'];
    if (met || version === undefined || version.N !== undefined) return met;
    // Nothing can be added to it. If another copy replaces it first, this write counts as the earlier one.
    const outright = await update(name, note, {
      update: '#version = :one',
      condition: `NOT attribute_type(#version, :number)${and}`,
      values: { ...when?.values },
    });
    return outright.met;
  };
  const readUnexpired = async (names: readonly string[], how: { now: number; mayLag: boolean }) => {
    if (names.length === 0) return new Map<string, Note>();
    const keys = [...new Set(names)].map((name) => ({ name: text(name) }));
    const rows = await readRows(keys, (key) => readTogether(client, tableName, key, how));
    const skipped: UnreadableRow[] = [];
    const notes = readableRows(rows, noteOfRow, { keyName: 'name', skipped });
    return new Map(notes.filter(([, note]) => note.expiresAt > how.now));
  };
  return {
    read: (names, now) => readUnexpired(names, { now, mayLag: false }),
    glance: (names, now) => readUnexpired(names, { now, mayLag: true }),
    async write(name, note) {
      await write(name, note);
    },
    writeIf: (name, note) =>
      write(
        name,
        note,
        note.version === 0
          ? { condition: `NOT (${isThere})`, values: { ...types, ':now': number(note.now) } }
          : { condition: '#version = :version', values: { ':version': number(note.version) } },
      ),
    async writeWhile(name, { value, now }) {
      const { met } = await updateRow(client, {
        tableName,
        key: { name: text(name) },
        update: 'SET #value = :value, #version = #version + :one',
        condition: isThere,
        values: { ...types, ':value': text(JSON.stringify(value)), ':one': number(1), ':now': number(now) },
      });
      return met;
    },
  };
}

interface WrittenNote {
  readonly value: NoteValue;
  readonly expiresAt: number;
}

interface When {
  readonly condition: string;
  readonly values: Attributes;
}

const noteValues = ({ value, expiresAt }: WrittenNote): Attributes => ({
  ':value': text(JSON.stringify(value)),
  ':valid_until': number(expiresAt),
  ':expires_at': number(Math.ceil(expiresAt / 1000)),
  ':one': number(1),
});

function noteOfRow(attributes: Attributes): readonly [string, Note] {
  const row = new Row(`notes row ${attributes['name']?.S}`, attributes);
  const [expiresAt, version] = [row.number('valid_until'), row.number('version')];
  return [row.text('name'), { value: valueIn(row.text('value')), expiresAt, version }];
}

/** Without content, if a hand wrote what is no JSON: whoever changes the note next replaces it. */
function valueIn(stored: string): NoteValue {
  try {
    const value: unknown = JSON.parse(stored);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as NoteValue) : {};
  } catch {
    return {};
  }
}

/** Keys that DynamoDB leaves unprocessed count as expired. */
async function readRows(
  keys: readonly Attributes[],
  read: (key: Attributes) => Promise<Attributes | undefined>,
): Promise<Attributes[]> {
  const results = await Promise.allSettled(keys.map(read));
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return result.value ? [result.value] : [];
    if (result.reason instanceof OperationalError && result.reason.code === 'UnprocessedKeys') return [];
    throw result.reason;
  });
}
