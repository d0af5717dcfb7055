import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
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

  it.each([
    { edited: 'SET #value = :text', text: 'no JSON', read: {} },
    { edited: 'SET #value = :text', text: '[1]', read: {} },
    { edited: 'SET valid_until = :text', text: 'tomorrow', read: undefined },
  ])('hide no other note where a hand has edited one: $edited, $text', async ({ edited, text, read }) => {
    const { client, tables } = await backend.fresh();
    const notes = createNoteStore({ client, tableName: tables.notes });
    for (const name of ['broken', 'sound']) await notes.write(name, { value: { n: 1 }, expiresAt: noon + 1 });
    const of = { TableName: tables.notes, Key: { name: { S: 'broken' } } };
    const names = edited.includes('#value') ? { ExpressionAttributeNames: { '#value': 'value' } } : {};
    const ExpressionAttributeValues = { ':text': { S: text } };
    await client.send(
      new UpdateItemCommand({ ...of, ...names, UpdateExpression: edited, ExpressionAttributeValues }),
    );

    const found = await notes.read(['broken', 'sound'], noon);
    expect(found.get('sound')?.value).toEqual({ n: 1 });
    expect(found.get('broken')?.value).toEqual(read);
    await notes.write('broken', { value: { n: 2 }, expiresAt: noon + 1 });
    expect((await notes.read(['broken'], noon)).get('broken')?.value).toEqual({ n: 2 });
  });
});
