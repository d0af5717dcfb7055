import { stripTypeScriptTypes } from 'node:module';

/**
 * Turns a TypeScript source into the ES module that Node would run: types become blanks, so that lines and columns stay and
 * no source map is needed. It runs in this process; esbuild's synchronous calls start a process for each file.
 */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
