import { describe, expect, it } from '@jest/globals';
import {
  cellOf,
  checksum,
  readToken,
  type TokenAddress,
  tokenText,
} from '../../../lib/core/controllers/api-token.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import { fc } from '../../support/properties.ts';

const random = 'ab'.repeat(24);
const address: TokenAddress = {
  kind: 'controller',
  cell: cellOf({ environment: 'my-saas', region: 'us-east-1' }),
  owner: InstallationId(4711),
  id: 'tok_abcdefgh23456723',
};

const hex = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(''));

describe('the text of a token', () => {
  it('says where it belongs, and who it is for', () => {
    expect(tokenText(address, random)).toMatch(
      /^mfc_my-saas\.us-east-1\.4711\.abcdefgh23456723_(?:ab){24}_[0-9a-f]{8}$/,
    );
    expect(tokenText({ ...address, kind: 'administrator' }, random)).toMatch(/^mfa_/);
  });

  it('has forty characters of an environment and of a region, and fifteen digits of its owner', () => {
    const read = (over: Partial<TokenAddress>) => readToken(tokenText({ ...address, ...over }, random));
    const cell = (environment: number, region: number) =>
      cellOf({ environment: 'e'.repeat(environment), region: 'r'.repeat(region) });
    expect(read({ cell: cell(40, 40), owner: InstallationId(10 ** 15 - 1) })).toBeDefined();
    expect(read({ cell: cell(41, 40) })).toBeUndefined();
    expect(read({ cell: cell(40, 41) })).toBeUndefined();
    expect(read({ owner: InstallationId(10 ** 15) })).toBeUndefined();
  });

  it('reads back as what it was made from', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('controller' as const, 'administrator' as const),
        fc.integer({ min: 0, max: 2 ** 40 }),
        hex(48),
        (kind, owner, secret) => {
          const made = { ...address, kind, owner: InstallationId(owner) };
          expect(readToken(tokenText(made, secret))).toEqual(made);
        },
      ),
    );
  });

  it('is none with any one letter changed: the checksum finds typing errors', () => {
    const text = tokenText(address, random);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'abcdef0123456789_.-'), (at, letter) => {
        const typed = text.slice(0, at) + letter + text.slice(at + 1);
        expect(readToken(typed)).toEqual(typed === text ? address : undefined);
      }),
    );
  });

  it.each(['', 'mfc_', 'ghp_abc', `${tokenText(address, random)} `, 'mfc_'.repeat(100)])(
    '%j is none',
    (text) => {
      expect(readToken(text)).toBeUndefined();
    },
  );

  it('has the checksum that everybody calls CRC-32', () => {
    // The check value of CRC-32/ISO-HDLC: https://reveng.sourceforge.io/crc-catalogue/17plus.htm#crc.cat.crc-32-iso-hdlc
    expect(checksum('123456789')).toBe('cbf43926');
  });
});
