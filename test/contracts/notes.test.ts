import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createNoteStore } from '../../lib/adapters/dynamodb/note-store.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { noon } from '../support/given.ts';
import { notesContract } from './notes.contract.ts';
import { dynamoBackend } from './support/store-backends.ts';

describe('notes in memory', () => {
  notesContract(async () => createMemoryNotes());
});

describe('notes in DynamoDB', () => {
  const backend = dynamoBackend();
  beforeAll(() => backend.start());
  afterAll(() => backend.stop());
  notesContract(async () => {
    const { client, tables } = await backend.fresh();
    return createNoteStore({ client, tableName: tables.notes });
  });

  const written = { value: { n: 1 }, expiresAt: noon + 1 };
  /** A note that somebody edits by hand, beside another one. */
  async function givenEdited(edit: string, values: Readonly<Record<string, AttributeValue>> = {}) {
    const { client, tables } = await backend.fresh();
    const notes = createNoteStore({ client, tableName: tables.notes });
    for (const name of ['broken', 'sound']) await notes.write(name, written);
    await client.send(
      new UpdateItemCommand({
        TableName: tables.notes,
        Key: { name: { S: 'broken' } },
        UpdateExpression: edit,
        ...(edit.includes('#value') ? { ExpressionAttributeNames: { '#value': 'value' } } : {}),
        ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
      }),
    );
    expect((await notes.read(['broken', 'sound'], noon)).get('sound')?.value).toEqual({ n: 1 });
    return { notes, read: async () => (await notes.read(['broken'], noon)).get('broken') };
  }

  it.each(['no JSON', '[1]'])('show one without content that a hand has written: %s', async (text) => {
    const { notes, read } = await givenEdited('SET #value = :text', { ':text': { S: text } });
    expect(await read()).toMatchObject({ value: {}, version: 1 });
    await notes.write('broken', { ...written, value: { n: 2 } });
    expect(await read()).toMatchObject({ value: { n: 2 }, version: 2 });
  });

  const text = { ':broken': { S: 'tomorrow' } };
  const nothing = { ':broken': { NULL: true } };
  describe.each([
    ['SET valid_until = :broken', text],
    ['SET valid_until = :broken', nothing],
    ['REMOVE valid_until', undefined],
    ['SET version = :broken', text],
    ['SET version = :broken', nothing],
    ['REMOVE version', undefined],
    ['SET #value = :broken', nothing],
    ['REMOVE #value', undefined],
    ['SET valid_until = :broken, version = :broken', text],
  ])('one that a hand has broken by %s, %j', (edit, values) => {
    it('counts as absent, until it is overwritten', async () => {
      const { notes, read } = await givenEdited(edit, values);
      expect(await read()).toBeUndefined();
      expect(await notes.writeWhile('broken', { value: {}, now: noon })).toBe(false);
      await notes.write('broken', { ...written, value: { n: 2 } });
      expect((await read())?.value).toEqual({ n: 2 });
      expect(await notes.writeWhile('broken', { value: { n: 3 }, now: noon })).toBe(true);
    });

    it('is replaced by one of those that find none', async () => {
      const { notes, read } = await givenEdited(edit, values);
      const put = (n: number) => notes.writeIf('broken', { ...written, value: { n }, version: 0, now: noon });
      expect((await Promise.all([put(2), put(3), put(4)])).filter((won) => won)).toHaveLength(1);
      const { version = 0 } = (await read()) ?? {};
      expect(version).toBeGreaterThanOrEqual(1);
      const next = { ...written, value: { n: 5 }, now: noon };
      expect(await notes.writeIf('broken', { ...next, version: version + 1 })).toBe(false);
      expect(await notes.writeIf('broken', { ...next, version })).toBe(true);
      expect(await read()).toMatchObject({ value: { n: 5 }, version: version + 1 });
    });
  });
});
