/**
 * Passes chunks on while it counts and hashes them, and holds each back until the next one arrives: the last chunk leaves
 * only when the length and checksum of the whole are right. A reader that waits for all of them never gets a damaged
 * file.
 */
import { createHash } from 'node:crypto';

/** The bytes do not match the expected length or checksum. */
export class WrongBytes extends Error {
  override readonly name = 'WrongBytes';
}

/** @throws WrongBytes before the last chunk; what `pieces` throws */
export async function* checkedPieces(
  pieces: AsyncIterable<Uint8Array>,
  promised: { readonly bytes: number; readonly sha256: string },
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    bytes += piece.length;
    if (bytes > promised.bytes) throw new WrongBytes(`more than the ${promised.bytes} bytes promised`);
    hash.update(piece);
    if (held) yield held;
    held = piece;
  }
  const sha256 = hash.digest('hex');
  if (bytes !== promised.bytes) throw new WrongBytes(`${bytes} bytes; promised were ${promised.bytes}`);
  if (sha256 !== promised.sha256) throw new WrongBytes(`checksum ${sha256}; promised was ${promised.sha256}`);
  if (held) yield held;
}
