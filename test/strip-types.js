import { transformSync } from 'esbuild';

/** Turns a TypeScript source into the ES module that Node would run: types go, nothing else changes. */
export default {
  process(source, filename) {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node24',
      sourcemap: 'external',
      sourcefile: filename,
    });
    return { code, map };
  },
};
