/** Following a log: nothing is lost or printed twice, whatever happens to the file between two reads. */
import { appendFileSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { followFile } from '../../../lib/adapters/host-files/follow-file.ts';

describe('a file that is followed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-follow-'));
  const path = join(folder, 'log');
  afterEach(() => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** One of these happens between two reads. */
  async function follow(lines: number, happenings: readonly (() => void)[]): Promise<string> {
    const left = [...happenings];
    let heard = '';
    const onText = (text: string) => {
      heard += text;
    };
    const again = async () => {
      const next = left.shift();
      next?.();
      return next !== undefined;
    };
    await followFile(path, { lines, onText, again });
    return heard;
  }

  it.each([
    ['its last lines', 2, 'b\nc\nd\n'],
    ['none of them', 0, 'd\n'],
    ['all of them', 9, 'a\nb\nc\nd\n'],
  ])('is printed from %s on', async (_what, lines, heard) => {
    writeFileSync(path, 'a\nb\nc\n');
    expect(await follow(lines, [() => appendFileSync(path, 'd\n')])).toBe(heard);
  });

  it('is searched for its last lines in its last four megabytes', async () => {
    const line = `${'x'.repeat(999)}\n`;
    writeFileSync(path, line.repeat(4_001));
    expect(await follow(9_999, [])).toBe(line.repeat(4_000));
  });

  it('is waited for', async () => {
    const happenings = [() => undefined, () => writeFileSync(path, 'a\n'), () => appendFileSync(path, 'b\n')];
    expect(await follow(5, happenings)).toBe('a\nb\n');
  });

  it('is read from its start after it was renamed and created anew', async () => {
    writeFileSync(path, 'a\n');
    const renew = () => {
      appendFileSync(path, 'b\n');
      renameSync(path, `${path}.1`);
      writeFileSync(path, 'c\n');
    };
    const gone = () => {
      appendFileSync(path, 'd\n');
      renameSync(path, `${path}.2`);
    };
    const happenings = [renew, gone, () => writeFileSync(path, 'e\n'), () => undefined];
    expect(await follow(5, happenings)).toBe('a\nb\nc\nd\ne\n');
  });

  it('is read from its start after it was truncated', async () => {
    writeFileSync(path, 'long enough\n');
    expect(await follow(0, [() => writeFileSync(path, 'new\n')])).toBe('new\n');
  });

  it('keeps a character whole if its second half is written later', async () => {
    const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä\n').subarray(1)];
    writeFileSync(path, '');
    const happenings = [() => appendFileSync(path, first), () => appendFileSync(path, second)];
    expect(await follow(5, happenings)).toBe('ä\n');
  });
});
