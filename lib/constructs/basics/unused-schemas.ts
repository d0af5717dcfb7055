/**
 * Lets the bundler drop schemas of the AWS SDK that none of our calls use: half of a bundle that calls EC2. Each schema
 * is a list at the top of its module, `var X = [3, n0, …, { [_name]: "…" }]`, and esbuild keeps them all, because
 * evaluating a computed key might run code. Here the keys are strings, so each list can be marked as free of side
 * effects. Anything not recognized is kept.
 */
const schema = /^(var [\w$]+ = )(\[\n {2}-?\d+,\n {2}n\d+,\n[\s\S]*?\n\]);$/gm;

/** @param bundle esbuild's output, not minified */
export const withSchemasMarked = (bundle: string): string =>
  bundle.replace(schema, (_, head: string, list: string) => `${head}/* @__PURE__ */ (() => ${list})();`);
