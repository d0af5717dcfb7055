/** A tar archive of plain files, in the ustar format, so that it needs none of the host's programs. */
export interface TarFile {
  /** At most 100 bytes. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly mode: number;
}

const block = 512;

export function tarArchive(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ name, bytes, mode }) => [
    header(name, bytes.length, mode),
    bytes,
    padding(bytes),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

const padding = ({ length }: Buffer) => Buffer.alloc((block - (length % block)) % block);

function header(name: string, size: number, mode: number): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  bytes.write(name, 0);
  bytes.write(octal(mode, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  // The checksum counts its own field as spaces.
  bytes.write(' '.repeat(8), 148);
  bytes.write('0', 156);
  bytes.write('ustar\0', 257);
  bytes.write('00', 263);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
