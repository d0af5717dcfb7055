import { afterAll, beforeAll, describe } from '@jest/globals';
import { createNoteStore } from '../../lib/adapters/dynamodb/note-store.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
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
});
