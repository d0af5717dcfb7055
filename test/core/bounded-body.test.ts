import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import { collectBounded, createBoundedBody, isTooLarge, readBounded } from '../../lib/core/bounded-body.ts';

const piece = (text: string) => new TextEncoder().encode(text);

it('assembles an answer up to its last byte, wherever its chunks end', () => {
  const body = createBoundedBody('It', 4);
  const letter = piece('é');
  for (const each of [letter.subarray(0, 1), letter.subarray(1), piece('ab')])
    expect(body.add(each)).toBeUndefined();
  expect(body.whole().toString('utf8')).toBe('éab');
});

it('reports the size and the limit, and keeps nothing of a larger answer', () => {
  const body = createBoundedBody('The answer of api.github.com', 4);
  body.add(piece('abc'));
  const fault = body.add(piece('de'));
  expect(fault?.message).toBe(
    'The answer of api.github.com is too large: received 5 bytes, and 4 are allowed.',
  );
  expect(isTooLarge(fault!)).toBe(true);
  expect(body.whole()).toHaveLength(0);
});

it('reads no further than it is allowed to', async () => {
  const given: string[] = [];
  async function* pieces() {
    for (const text of ['ab', 'cd', 'ef', 'gh']) {
      given.push(text);
      yield piece(text);
    }
  }
  expect((await readBounded(pieces(), 'It', 8)).toString()).toBe('abcdefgh');
  given.length = 0;
  await expect(readBounded(pieces(), 'It', 5)).rejects.toThrow(
    'It is too large: received 6 bytes, and 5 are',
  );
  expect(given).toEqual(['ab', 'cd', 'ef']);
});

it.each<[string, (stream: EventEmitter) => void, string]>([
  [
    'keeps nothing of a larger answer',
    (stream) => stream.emit('data', piece('cde')),
    'It is too large: received 5 bytes',
  ],
  ['passes on what breaks it', (stream) => stream.emit('error', new Error('aborted')), 'aborted'],
])('reads a stream, and %s', async (_, breakIt, why) => {
  const [good, bad] = [new EventEmitter(), new EventEmitter()];
  const [answer, fault] = [collectBounded(good, 'It', 4), collectBounded(bad, 'It', 4)];
  for (const stream of [good, bad]) stream.emit('data', piece('ab'));
  good.emit('data', piece('cd'));
  good.emit('end');
  breakIt(bad);
  // Streams may say more than once that they are over.
  bad.emit('error', new Error('closed'));
  bad.emit('end');
  expect((await answer).toString()).toBe('abcd');
  await expect(fault).rejects.toThrow(why);
});
