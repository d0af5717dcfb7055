/**
 * Follows a growing file like `tail --follow=name`: first its last lines, then what is appended, even if the file is
 * rotated. It waits for a missing file.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

export interface Following {
  /** How many of the existing lines to show first. */
  readonly lines: number;
  /** Receives text as it is appended, not always in whole lines. */
  readonly onText: (text: string) => void;
  /** Called for each look; it waits before it resolves. False: stop following. */
  readonly again: () => Promise<boolean>;
}

/** The part of an existing file, from its end, that is searched for its last lines. */
const mostBytes = 4_000_000;
const chunkBytes = 65_536;

export async function followFile(path: string, { lines, onText, again }: Following): Promise<void> {
  let file = await openIfThere(path);
  let position = 0;
  let decoder = new StringDecoder('utf8');
  const readOn = async () => {
    let added = '';
    for (const buffer = Buffer.alloc(chunkBytes); file; ) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
      if (bytesRead === 0) return added;
      position += bytesRead;
      added += decoder.write(buffer.subarray(0, bytesRead));
    }
    return added;
  };
  const handOn = (text: string) => text !== '' && onText(text);
  try {
    if (file) position = Math.max(0, (await file.stat()).size - mostBytes);
    handOn(lastLines(await readOn(), lines));
    while (await again()) {
      handOn(await readOn());
      const newer = await openIfNewer(path, file, position);
      if (!newer) continue;
      // What was written between the last look and the rename.
      handOn(await readOn());
      await file?.close();
      file = newer;
      position = 0;
      decoder = new StringDecoder('utf8');
      handOn(await readOn());
    }
  } finally {
    await file?.close();
  }
}

/** Another file of this name, or the same one truncated. */
async function openIfNewer(
  path: string,
  file: FileHandle | undefined,
  position: number,
): Promise<FileHandle | undefined> {
  const found = await openIfThere(path);
  if (!found || !file) return found;
  const [now, before] = await Promise.all([found.stat(), file.stat()]);
  if (now.ino !== before.ino || now.dev !== before.dev || now.size < position) return found;
  await found.close();
  return undefined;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function lastLines(text: string, lines: number): string {
  const isWhole = text.endsWith('\n');
  const all = (isWhole ? text.slice(0, -1) : text).split('\n');
  const last = lines === 0 ? '' : all.slice(-lines).join('\n');
  return isWhole && last !== '' ? `${last}\n` : last;
}
