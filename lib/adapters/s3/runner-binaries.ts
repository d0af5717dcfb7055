/**
 * The bucket of runner programs. An upload is one streaming PutObject: S3 shows an object whole or not at all, and also
 * checks the checksum, so that it refuses bytes that were damaged on the way. Nothing touches this machine's disk.
 */
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  archiveKey,
  currentKey,
  currentLines,
  imageNoteKey,
  parseCurrentLines,
  runnerFolder,
} from '../../contract/runner-binaries.ts';
import { archiveName, type RunnerArchive } from '../../core/runner-release.ts';
import type { Architecture } from '../../core/tier.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { RunnerBinaries } from '../../ports/runner-binaries.ts';
import { checkedPieces, WrongBytes } from './checked-pieces.ts';
import { isMismatch, isMissing, operationalError } from './errors.ts';

export interface RunnerBinariesOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** For the whole upload. The function that runs it may take longer. */
const uploadMilliseconds = 240_000;

export function createRunnerBinaries({ client, bucket }: RunnerBinariesOptions): RunnerBinaries {
  const current = async (architecture: Architecture) => {
    const text = await readText(client, { Bucket: bucket, Key: currentKey(architecture) });
    if (text === undefined) return undefined;
    const runner = parseCurrentLines(text);
    if (runner) return runner;
    throw new OperationalError(
      `${currentKey(architecture)} in ${bucket} is not what the syncer writes: ${text.slice(0, 80)}. Delete it.`,
      { code: 'UnreadableCurrent', retryable: false },
    );
  };
  return {
    current,
    store: (archive, pieces) => upload(client, { bucket, archive, pieces }),
    async makeCurrent(archive) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: currentKey(archive.architecture),
        Body: currentLines(archive),
        ContentType: 'text/plain',
      });
      await attempt('PutObject', () => client.send(command));
    },
    imageNote: (architecture) => readText(client, { Bucket: bucket, Key: imageNoteKey(architecture) }),
    async noteImage(architecture, version) {
      const object = {
        Bucket: bucket,
        Key: imageNoteKey(architecture),
        Body: version,
        ContentType: 'text/plain',
      };
      await attempt('PutObject', () => client.send(new PutObjectCommand(object)));
    },
    async removeOld(architecture) {
      const used = await current(architecture);
      const others = (await listArchives(client, { bucket, architecture }))
        .filter(({ name }) => name !== (used && archiveName(used.version, architecture)))
        .sort((one, other) => other.storedAt - one.storedAt);
      const old = others.slice(1).map(({ name }) => name);
      for (const name of old) {
        const command = new DeleteObjectCommand({
          Bucket: bucket,
          Key: `${runnerFolder(architecture)}${name}`,
        });
        await attempt('DeleteObject', () => client.send(command));
      }
      return old;
    },
  };
}

async function upload(
  client: S3Client,
  { bucket, archive, pieces }: { bucket: string; archive: RunnerArchive; pieces: AsyncIterable<Uint8Array> },
): Promise<'stored' | 'mismatch'> {
  const broken = new AbortController();
  const body = Readable.from(checkedPieces(pieces, archive), { objectMode: false });
  // The client does not notice: without this the request would wait forever for the rest of its body.
  body.once('error', (error) => broken.abort(error));
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: archiveKey(archive),
    Body: body,
    ContentLength: archive.bytes,
    ContentType: 'application/gzip',
    ChecksumSHA256: Buffer.from(archive.sha256, 'hex').toString('base64'),
  });
  const abortSignal = AbortSignal.any([broken.signal, AbortSignal.timeout(uploadMilliseconds)]);
  try {
    await client.send(command, { abortSignal });
    return 'stored';
  } catch (error) {
    const cause: unknown = broken.signal.aborted ? broken.signal.reason : error;
    if (cause instanceof WrongBytes || isMismatch(cause)) return 'mismatch';
    throw operationalError(cause, 'PutObject');
  } finally {
    body.destroy();
  }
}

async function readText(
  client: S3Client,
  object: { Bucket: string; Key: string },
): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand(object));
    return await Body?.transformToString();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw operationalError(error, 'GetObject');
  }
}

async function listArchives(client: S3Client, of: { bucket: string; architecture: Architecture }) {
  const folder = runnerFolder(of.architecture);
  const found: { name: string; storedAt: number }[] = [];
  await attempt('ListObjectsV2', async () => {
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client },
      { Bucket: of.bucket, Prefix: folder },
    )) {
      for (const { Key = '', LastModified } of Contents) {
        const name = Key.slice(folder.length);
        if (name.endsWith('.tar.gz')) found.push({ name, storedAt: LastModified?.getTime() ?? 0 });
      }
    }
  });
  return found;
}

async function attempt<Value>(action: string, call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    throw operationalError(error, action);
  }
}
