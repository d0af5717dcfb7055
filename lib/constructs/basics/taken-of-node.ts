/**
 * Lets a bundle take of Node's modules only what it needs. An import of such a module reads all of its exports, and some of them
 * load other modules when they are read: `fs` its promises, `process` its streams. That took a tenth of the processor time in
 * which a function starts. An import in any other form stays as it is, and so does one of a `default`, which only imports have.
 */
const nodeImport = /^import (\{[^}]*\}|\* as [\w$]+|[\w$]+) from ("node:[\w/]+");$/gm;

/** As `{ default as os }`, or with `* as os` as `os.default`. */
const namesDefault = (bundle: string, names: string): boolean =>
  names.startsWith('* as ')
    ? bundle.includes(`${names.replace('* as ', '')}.default`)
    : /\bdefault as\b/.test(names);

/** @param bundle esbuild's output, not minified */
export function withNodeTaken(bundle: string): string {
  const taken: string[] = [];
  const rest = bundle.replace(nodeImport, (whole, names: string, module: string) => {
    if (namesDefault(bundle, names)) return whole;
    const pattern = names.replace('* as ', '').replaceAll(' as ', ': ');
    taken.push(`const ${pattern} = globalThis.process.getBuiltinModule(${module});\n`);
    return '';
  });
  // Before all else, as imports are.
  return [...taken, rest].join('');
}
