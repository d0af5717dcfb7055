/**
 * The body of an external response, assembled from its chunks. If it is larger than allowed, nothing is
 * kept and reading stops, so no response can fill a function's memory.
 */

export interface BoundedBody {
  /** @returns why it must be read no further */
  add(piece: Uint8Array): Error | undefined;
  whole(): Buffer;
}

const tooLarge = 'AnswerTooLarge';

/** @param whose how an error begins: `The answer of api.github.com` */
export function createBoundedBody(whose: string, mostBytes: number): BoundedBody {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  return {
    add(piece) {
      bytes += piece.length;
      if (bytes <= mostBytes) return void pieces.push(piece);
      pieces.length = 0;
      const error = new Error(
        `${whose} is too large: received ${bytes} bytes, and ${mostBytes} are allowed.`,
      );
      error.name = tooLarge;
      return error;
    },
    whole: () => Buffer.concat(pieces),
  };
}

/** The part of Node's `http.IncomingMessage` that is needed here. */
interface Pieces {
  on(event: 'data', listener: (piece: Uint8Array) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * For thousands of responses: it takes less CPU time than `for await` over the stream.
 * @throws the stream's error; an error that `isTooLarge`: then the caller has to end the stream
 */
export function collectBounded(pieces: Pieces, whose: string, mostBytes: number): Promise<Buffer> {
  const body = createBoundedBody(whose, mostBytes);
  return new Promise((resolve, reject) => {
    pieces.on('data', (piece) => {
      const fault = body.add(piece);
      if (fault) reject(fault);
    });
    pieces.on('end', () => resolve(body.whole()));
    pieces.on('error', reject);
  });
}

/** @throws the stream's error; an error that `isTooLarge` */
export async function readBounded(
  pieces: AsyncIterable<Uint8Array>,
  whose: string,
  mostBytes: number,
): Promise<Buffer> {
  const body = createBoundedBody(whose, mostBytes);
  for await (const piece of pieces) {
    const fault = body.add(piece);
    if (fault) throw fault;
  }
  return body.whole();
}

export const isTooLarge = ({ name }: Error) => name === tooLarge;
