/** A report reads the sums of a day while the reconciler finishes them. */
import { DynamoDBClient, type QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from '@jest/globals';
import { listSums } from '../../../lib/adapters/dynamodb/usage-sum-list.ts';
import { progressKey, sumsRow } from '../../../lib/adapters/dynamodb/usage-sum-row.ts';
import { usageOf } from '../../../lib/core/usage.ts';
import { sumUp } from '../../../lib/core/usage-sum.ts';
import { givenRunner } from '../../contracts/support/stored.ts';
import { acme, noon } from '../../support/given.ts';

const day = '2026-11-21';
const sums = sumUp([usageOf({ runner: givenRunner(), reason: 'stood-down', endedAt: noon, job: undefined })]);

/** The sums are written after the report's first queries have been sent, and the day is finished before the first answer. */
function givenDayBeingFinished() {
  const asked: QueryCommand[] = [];
  let rows: object[] = [];
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.send = async (command: QueryCommand) => {
    asked.push(command);
    const { ':day': part, ':machine': machine } = command.input.ExpressionAttributeValues ?? {};
    const isProgress = machine?.S === progressKey(day)['machine']?.S;
    const seen = rows;
    await Promise.resolve();
    rows = [{ ...progressKey(day), finished: { N: '1' } }, sumsRow(day, acme, sums)];
    if (part?.S !== progressKey(day)['day']?.S) return { Items: [] };
    if (machine === undefined) return { Items: rows };
    return { Items: isProgress ? rows.slice(0, 1) : seen.slice(1) };
  };
  return { client, asked };
}

it('misses no tenant of a day that is finished during the reading', async () => {
  const { client } = givenDayBeingFinished();
  const found = await listSums({ client, tableName: 'usage' }, { days: [day], installationId: acme });
  expect(found.sums).toEqual(sums);
});

it.each([
  ['a tenant', { installationId: acme }],
  ['all tenants', {}],
])('does not trust an outdated replica of the table, in a report of %s', async (_, of) => {
  const { client, asked } = givenDayBeingFinished();
  await listSums({ client, tableName: 'usage' }, { days: [day], ...of });
  const ofSums = asked.filter(({ input }) =>
    input.ExpressionAttributeValues?.[':day']?.S?.startsWith('roll-up'),
  );
  expect(new Set(ofSums.map(({ input }) => input.ConsistentRead))).toEqual(new Set([true]));
});
