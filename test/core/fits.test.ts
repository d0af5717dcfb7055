import { describe, expect, it } from '@jest/globals';
import {
  eachOf,
  fieldsOf,
  isFlag,
  isNumber,
  isText,
  listOf,
  orAbsent,
  tupleOf,
} from '../../lib/core/fits.ts';

describe('stored JSON', () => {
  it.each([
    { form: 'a text', fits: isText, fit: ['', 'x'], unfit: [undefined, null, 7, ['x']] },
    {
      form: 'a number',
      fits: isNumber,
      fit: [0, -1.5],
      unfit: [Number.NaN, Number.POSITIVE_INFINITY, '7', null],
    },
    { form: 'a flag', fits: isFlag, fit: [true, false], unfit: [0, 'true', undefined] },
    { form: 'perhaps a text', fits: orAbsent(isText), fit: [undefined, 'x'], unfit: [null, 7] },
    { form: 'a list', fits: listOf(isText), fit: [[], ['x']], unfit: [['x', 7], 'x', {}, null] },
    {
      form: 'a pair',
      fits: tupleOf(isText, isNumber),
      fit: [
        ['x', 7],
        ['x', 7, 8],
      ],
      unfit: [['x'], ['x', 'y'], 'x7', {}],
    },
    {
      form: 'a map',
      fits: eachOf(isNumber),
      fit: [{}, { a: 1 }],
      unfit: [{ a: 1, b: 'x' }, [], [1], null, 'x'],
    },
    {
      form: 'fields',
      fits: fieldsOf({ a: isText }),
      fit: [{ a: 'x' }, { a: 'x', b: 7 }],
      unfit: [{}, { a: 7 }, ['x'], null, 7],
    },
  ])('is $form, or not', ({ fits, fit, unfit }) => {
    expect(fit.map(fits)).toEqual(fit.map(() => true));
    expect(unfit.map(fits)).toEqual(unfit.map(() => false));
  });
});
