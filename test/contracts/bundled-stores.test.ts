/** The stores' contracts, with the DynamoDB client of bundles in place of the SDK's. */
import { registerHooks } from 'node:module';
import { expect, it } from '@jest/globals';
import * as own from '../../lib/adapters/aws-json/dynamodb.ts';
import * as bundled from './support/bundled-dynamodb.ts';

const client = import.meta.resolve('./support/bundled-dynamodb.ts');
const mark = '?bundled';

/** Loads the sources once more, under addresses of their own, and gives these the other client. */
const hooks = registerHooks({
  resolve(specifier, from, next) {
    if (!from.parentURL?.endsWith(mark)) return next(specifier, from);
    if (specifier === '@aws-sdk/client-dynamodb') return { url: client, shortCircuit: true };
    const found = next(specifier, from);
    return specifier.startsWith('.') ? { ...found, url: `${found.url}${mark}` } : found;
  },
});
for (const file of ['./job-store.test.ts', './launch-store.test.ts']) {
  await import(import.meta.resolve(file) + mark);
}
hooks.deregister();

it('had all that bundles have, and went through that client', () => {
  const { DynamoDBClient: _, ...alike } = own;
  expect(bundled).toMatchObject(alike);
  expect(bundled.sent).toContainEqual(expect.any(own.TransactWriteItemsCommand));
});
