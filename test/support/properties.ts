/**
 * Property tests with the same cases at each run: new random cases in CI would fail for the next person, not for
 * whoever made the mistake. To search for failures, draw new ones: `PROPERTY_SEED=$RANDOM npm run test:jest --
 * test/config`.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_261_122) });

export { fc };
