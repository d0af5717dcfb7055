/**
 * Reads a month of AWS's bill from the bucket that AWS delivers to: the files that the manifest names, row by row, so
 * that memory stays constant. AWS replaces files at each delivery and writes the manifest last, so the files' times
 * reveal a read during a delivery, and its result is discarded.
 * Source: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
 */
import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type ExportPlace, exportBucketOf, manifestKeyOf } from '../../../contract/costs-export.ts';
import type { ExportedLine } from '../../../core/compare-export.ts';
import { type CommandCall, UsageError } from '../../command.ts';
import { s3Client } from './export-bucket.ts';
import { linesOfFile } from './lines-of-file.ts';

export interface Delivery {
  /** When AWS finished it, epoch milliseconds. */
  readonly at: number;
  readonly keys: readonly string[];
}

export interface ExportReader {
  /** Undefined: AWS has not delivered anything for this month yet. */
  find(month: string): Promise<Delivery | undefined>;
  /** @throws UsageError if AWS is delivering right now */
  lines(month: string, delivery: Delivery): AsyncGenerator<ExportedLine>;
  close(): void;
}

export function createExportReader(call: CommandCall, place: ExportPlace): ExportReader {
  const client = s3Client(call);
  const Bucket = exportBucketOf(place);
  const get = async (Key: string) => {
    // Bucket names are global: a bucket of this name that belongs to somebody else does not contain the bill.
    const object = { Bucket, Key, ExpectedBucketOwner: place.account };
    const { Body, LastModified } = await client.send(new GetObjectCommand(object));
    return { body: Body as Readable, at: LastModified?.getTime() ?? 0 };
  };

  async function find(month: string): Promise<Delivery | undefined> {
    try {
      const { body, at } = await get(manifestKeyOf(place, month));
      const manifest: unknown = JSON.parse(await textOf(body));
      return { at, keys: [...new Set(filesIn(manifest, Bucket))] };
    } catch (error) {
      if (error instanceof Error && ['NoSuchKey', 'NoSuchBucket'].includes(error.name)) return undefined;
      throw error;
    }
  }

  return {
    find,
    async *lines(month, delivery) {
      for (const key of delivery.keys) {
        const { body, at } = await get(key);
        if (at > delivery.at) throw beingDelivered();
        yield* linesOfFile(body, key);
      }
      const last = await find(month);
      if (last?.at !== delivery.at) throw beingDelivered();
    },
    close: () => client.destroy(),
  };
}

const beingDelivered = () =>
  new UsageError('AWS is delivering the export right now. Run the command again in a few minutes.');

async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * AWS documents that the manifest lists the files, but not under which key. So this collects every address of a data
 * file in it.
 */
function filesIn(value: unknown, bucket: string): string[] {
  if (typeof value === 'string')
    return value.endsWith('.csv.gz') ? [value.replace(`s3://${bucket}/`, '')] : [];
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap((one) => filesIn(one, bucket))
    : [];
}
