import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startingWithoutCollection } from '../../lib/constructs/basics/without-collection.ts';

const inherited = () => spawnSync('sh', ['-c', 'echo $GOGC $GOMEMLIMIT'], { encoding: 'utf8' }).stdout.trim();
const own = process.env['GOGC'];
afterEach(() => {
  if (own === undefined) delete process.env['GOGC'];
  else process.env['GOGC'] = own;
});

describe('a program that is started without collection', () => {
  it('collects no garbage below a bound of memory, and what starts later is as before', () => {
    process.env['GOGC'] = '77';
    const before = inherited();
    expect(startingWithoutCollection(inherited)).toBe('off 2GiB');
    expect(inherited()).toBe(before);
    delete process.env['GOGC'];
    startingWithoutCollection(inherited);
    expect('GOGC' in process.env).toBe(false);
  });

  it('leaves the environment as it was when it cannot start', () => {
    const before = { ...process.env };
    expect(() =>
      startingWithoutCollection(() => {
        throw new Error('not there');
      }),
    ).toThrow('not there');
    expect({ ...process.env }).toEqual(before);
  });
});
