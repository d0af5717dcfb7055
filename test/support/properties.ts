/**
 * Property tests with the same cases at each run: new random cases in CI would fail for the next person, not for
 * whoever made the mistake. To search for failures, draw new ones: `PROPERTY_SEED=$RANDOM npm run test:jest --
 * test/config`.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_261_122) });

/**
 * Any character, for `fc.string({ unit: anyCharacter })`. The cases are those of the unit `binary`, which takes a second to
 * make a table of all million characters.
 */
export const anyCharacter = fc.nat(0x10ffff - 0x800).map(
  (n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800),
  (character) => {
    const [only, ...others] = typeof character === 'string' ? character : '';
    if (only === undefined || others.length > 0 || !only.isWellFormed()) throw new Error('No character.');
    const point = only.codePointAt(0)!;
    return point < 0xd800 ? point : point - 0x800;
  },
);

export { fc };
