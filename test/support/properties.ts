/**
 * Properties with the same cases at each run: a gate that draws new ones would fail for whoever comes next, not for who
 * made the fault. To look for faults, draw: `PROPERTY_SEED=$RANDOM npm run test:jest -- test/config`.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_261_122) });

export { fc };
