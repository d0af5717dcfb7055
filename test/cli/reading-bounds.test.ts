/** How much a command reads of lists and files: literally, so that a wider bound fails. */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { PricingClient } from '@aws-sdk/client-pricing';
import { expect, it } from '@jest/globals';
import { findExport } from '../../lib/cli/costs/export/data-exports.ts';
import { linesOfFile } from '../../lib/cli/costs/export/lines-of-file.ts';
import { readPrices } from '../../lib/cli/prices/read-prices.ts';
import { exportColumns } from '../../lib/contract/costs-export.ts';

const endless = () => {
  let calls = 0;
  return { calls: () => calls, answer: async () => ({ NextToken: String(++calls) }) };
};

it('looks for the export on twenty pages, and takes it for missing on none of more', async () => {
  const { calls, answer } = endless();
  const place = { environment: 'my-saas', region: 'us-east-1', account: '111122223333' };
  await expect(findExport({ call: answer }, place)).rejects.toThrow('on more than 20 pages');
  expect(calls()).toBe(20);
});

it('reads sixty pages of prices', async () => {
  const { calls, answer } = endless();
  const client = new PricingClient({ region: 'us-east-1' });
  client.send = answer;
  await expect(readPrices(client, 'eu-west-1')).rejects.toThrow('more than 60 pages for AmazonEC2');
  expect(calls()).toBe(60);
});

it('refuses a file of the bill whose row has more than a million characters', async () => {
  const read = async (characters: number) => {
    const row = [...exportColumns.slice(1).map(() => ''), 'x'.repeat(characters)].join(',');
    const body = Readable.from([gzipSync(`${exportColumns.join(',')}\n${row}\n`)]);
    const lines: unknown[] = [];
    for await (const line of linesOfFile(body, 'bill.csv.gz')) lines.push(line);
    return lines;
  };
  await expect(read(900_000)).resolves.toEqual(expect.any(Array));
  await expect(read(1_100_000)).rejects.toThrow(/record/i);
});
