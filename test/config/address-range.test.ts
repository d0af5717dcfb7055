import { describe, expect, it } from '@jest/globals';
import {
  contains,
  isAddressRange,
  isPrivateRange,
  privateRanges,
  publicRanges,
} from '../../lib/config/address-range.ts';
import { fc } from '../support/properties.ts';

describe('an address range', () => {
  it.each(['10.0.0.0/8', '0.0.0.0/0', '192.168.7.1/32', '100.64.0.0/10'])('is %s', (text) => {
    expect(isAddressRange(text)).toBe(true);
  });

  it.each(['10.0.0.1/8', '10.0.0/8', '10.0.0.0', '10.0.0.0/33', '256.0.0.0/8', '::/0', 8, undefined])(
    'is not %p',
    (text) => {
      expect(isAddressRange(text)).toBe(false);
    },
  );

  it.each([
    '010.0.0.0/8',
    '10.0.0.0/08',
    '0.0.0/8',
    '0.10.0.0.0/8',
    '10..0.0/8',
    '0.0.0.0/-1',
    '0.0.0.0/8.5',
  ])('is not %s: AWS writes four numbers of up to 255 and one of up to 32, without leading zeros', (text) => {
    expect(isAddressRange(text)).toBe(false);
  });

  it('contains the ranges that begin with its bits', () => {
    expect(contains('10.0.0.0/8', '10.255.0.0/16')).toBe(true);
    expect(contains('10.0.0.0/8', '11.0.0.0/16')).toBe(false);
    expect(contains('10.1.0.0/16', '10.0.0.0/8')).toBe(false);
  });

  it('is private only if all of it is', () => {
    expect(isPrivateRange('172.31.0.0/16')).toBe(true);
    expect(isPrivateRange('172.0.0.0/8')).toBe(false);
    expect(isPrivateRange('8.8.8.8/32')).toBe(false);
  });
});

describe('the public ranges', () => {
  const ranges = publicRanges();
  const isOpen = (address: string) => ranges.some((range) => contains(range, `${address}/32`));

  it('fit in a security group, with room for private ranges besides', () => {
    expect(ranges.length).toBeLessThan(50);
  });

  it('contain every address but private and multicast ones', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), (bytes) => {
        const address = bytes.join('.');
        const isClosed = isPrivateRange(`${address}/32`) || bytes[0] >= 224;
        expect(isOpen(address)).toBe(!isClosed);
      }),
    );
  });

  it.each(privateRanges)('end where %s begins, and begin where it ends', (range) => {
    const [first] = range.split('/');
    expect(isOpen(first!)).toBe(false);
    expect(ranges.some((each) => contains(each, range) || contains(range, each))).toBe(false);
  });
});
